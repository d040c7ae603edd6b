"""URLs of repositories, fit to be shown."""

import re

_USER = re.compile(r"^(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^/?#]*)@", re.IGNORECASE)
_HIDDEN = "***"
_NAMED_BY = ("ssh://", "git+ssh://")
"""Here the user is a name (`git`), and just what follows a colon is secret."""


def masked(url: str) -> str:
    """The URL without what may be a credential: user and password, and what a query says.

    Of `https://TOKEN@host/path` the user is the secret itself, so all of it goes; ssh keeps the user's name. The
    form `git@host:path` holds no password.
    """
    url = _USER.sub(lambda found: _shown(found["scheme"], found["user"]), url)
    plain, mark, _ = url.partition("?")
    return f"{plain}?{_HIDDEN}" if mark else url


def _shown(scheme: str, user: str) -> str:
    name, colon, _ = user.partition(":")
    if scheme.lower() not in _NAMED_BY:
        return f"{scheme}{_HIDDEN}@"
    return f"{scheme}{name}:{_HIDDEN}@" if colon else f"{scheme}{name}@"
