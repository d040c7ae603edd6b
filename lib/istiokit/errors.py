"""The suite's errors: one root, each cause with the exit code it stands for.

An error is one line that says what, where and what to do next; `ui/app.py` is the only place that prints it.
"""


class SuiteError(Exception):
    """Something that the user has to know: `what` went wrong and the `hint` that says what to do next."""

    exit_code = 3

    def __init__(self, what: str, hint: str = "") -> None:
        """Hold one line each: the failure with its place, and the next step (may be empty)."""
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}; {self.hint}" if self.hint else self.what


class NotDone(SuiteError):
    """Nothing broke, and the job is not done: a no to the question, a time-out, an edit left to Git."""

    exit_code = 1


class UsageError(SuiteError):
    """The arguments, or a file named in them, cannot be used (read, parsed, understood)."""

    exit_code = 2


class OperationFailed(SuiteError):
    """The work itself failed: server, network, permission, input or output."""


class KindNotServed(OperationFailed):
    """The API server (or the folder of manifests) does not know this kind; `kind` is its name."""

    def __init__(self, kind: str, hint: str = "") -> None:
        hint = hint or "is this the right cluster (--context), and is what brings that kind installed?"
        super().__init__(f"the cluster does not serve {kind}", hint)
        self.kind = kind


class Forbidden(OperationFailed):
    """The server refused for lack of permission; `verb` and `resource` name the missing rule."""

    def __init__(self, verb: str, resource: str, namespace: str | None = None) -> None:
        where = f" in namespace {namespace}" if namespace else " in all namespaces"
        super().__init__(f"you may not {verb} {resource}{where}", "ask for the role in docs/rbac/")
        self.verb, self.resource, self.namespace = verb, resource, namespace


class Conflict(OperationFailed):
    """The object was changed by somebody else between our reading and our writing."""
