"""The text of a help becomes a page: headings, lists of definitions, and nothing that is Markdown by accident."""

from tests.helppages import command_page, plugin_page

HELP = """\
usage: kubectl shop buy [NAME...] [flags]

Buy what is named. With `--all` it buys <everything>, and pays
for it.

examples:
  # One thing
  kubectl shop buy milk

flags:
  -h, --help        Show this help.
  --pay coin|card   How to pay;
                    cards need a *PIN*.
  --a-very-long-flag WITH-A-VALUE
                    What it is for.

exit codes: 0 all well; 1 sold out, or
  not paid; 130 or 143 interrupted
Use 'kubectl shop options' for the flags of every command.
"""
PLUGIN = """\
usage: kubectl shop COMMAND [flags]

Buy and sell.

commands:
  buy   Buy what is named
  sell  Sell it

exit codes:
  0    all well
  130  interrupted
"""
EVERYWHERE = """\
Every command has these flags.

flags:
  --context CONTEXT  Which cluster.
"""


def test_a_command_has_a_section_for_each_part() -> None:
    page = command_page("kubectl shop buy", HELP)
    titles = [line for line in page.splitlines() if line.startswith("#") and line != "# One thing"]
    assert titles == [
        "# kubectl shop buy",
        *("## Synopsis", "## Description", "## Examples", "## Flags", "## Exit codes", "## See also"),
    ]
    assert "```text\nkubectl shop buy [NAME...] [flags]\n```" in page
    assert "```sh\n# One thing\nkubectl shop buy milk\n```" in page


def test_flags_are_definitions_whose_lines_are_joined() -> None:
    page = command_page("kubectl shop buy", HELP)
    assert "`-h, --help`\n: Show this help.\n" in page
    assert "`--pay coin|card`\n: How to pay; cards need a \\*PIN\\*.\n" in page
    assert "`--a-very-long-flag WITH-A-VALUE`\n: What it is for.\n" in page


def test_prose_stays_what_it_says() -> None:
    page = command_page("kubectl shop buy", HELP)
    assert "Buy what is named. With `--all` it buys \\<everything\\>, and pays\nfor it.\n" in page
    assert "\nUse 'kubectl shop options' for the flags of every command.\n" in page


def test_exit_codes_may_stand_on_one_line_or_in_columns() -> None:
    page = command_page("kubectl shop buy", HELP)
    assert "`0`\n: all well\n\n`1`\n: sold out, or not paid\n\n`130 or 143`\n: interrupted\n" in page
    page = plugin_page("kubectl shop", PLUGIN, ["buy", "sell"], EVERYWHERE)
    assert "`0`\n: all well\n\n`130`\n: interrupted\n" in page


def test_a_plugin_leads_to_its_commands() -> None:
    page = plugin_page("kubectl shop", PLUGIN, ["buy", "sell"], EVERYWHERE)
    assert "[`buy`](shop-buy.md)\n: Buy what is named\n" in page
    assert "[`sell`](shop-sell.md)\n: Sell it\n" in page
    assert "## Flags of every command\n\n`--context CONTEXT`\n: Which cluster.\n" in page


def test_what_the_help_has_no_room_for_comes_behind_it() -> None:
    page = command_page("kubectl shop buy", HELP, ["First.", "Second, with `code`."])
    assert "## Details\n\nFirst.\n\nSecond, with `code`.\n\n## See also" in page
