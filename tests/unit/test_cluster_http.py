"""The road to the API server on a bad day, against a small server that follows a script."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from istiokit.cluster.decode import Object
from istiokit.cluster.kinds import CONFIG_MAP, GATEWAY, NAMESPACE
from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.cluster.types import Ref
from istiokit.errors import Forbidden, OperationFailed
from istiokit.istio.model import Gateway

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """Gives the scripted answers one after the other and the last one for ever."""

    url: str
    folder: Path
    script: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)

    def cluster(self, **cluster: str) -> LiveCluster:
        path = self.folder / "config"
        entry = {"name": "c", "cluster": {"server": self.url, **cluster}}
        context = {"name": "c", "context": {"cluster": "c"}}
        path.write_text(json.dumps({"current-context": "c", "clusters": [entry], "contexts": [context]}))
        return connect(ConnectOptions(kubeconfig=str(path), as_user="jane", as_groups=("a", "b")))

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(f"{handler.command} {handler.path}")
        handler.headers["Port-Of-Client"] = str(handler.client_address[1])
        self.headers.append(handler.headers)
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        (self.script.pop(0) if len(self.script) > 1 else self.script[0])(handler)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("istiokit.cluster.live_http._delay", lambda retry_after: 0.0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.answer(self)

        do_PATCH = do_POST = do_GET  # noqa: N815  the name that http.server calls

        def log_message(self, *words: object) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        found = Server(f"http://127.0.0.1:{http.server_port}", tmp_path)
        thread = threading.Thread(target=http.serve_forever, args=(0.05,))
        thread.start()
        yield found
        http.shutdown()
        thread.join()


def says(status: int, body: Any, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def streams(*lines: Any) -> Answer:
    """The lines of a watch, then the end of the connection."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        for line in lines:
            handler.wfile.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
        handler.close_connection = True

    return answer


def item(name: str, version: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": version}}


def listed(version: str, *items: dict[str, Any]) -> Answer:
    return says(200, {"metadata": {"resourceVersion": version}, "items": list(items)})


BUSY = says(429, {"message": "too many requests"}, Retry_After="1")
VERSION = says(200, {"gitVersion": "v1.32.4"})


def test_a_busy_server_is_asked_again_a_few_times(server: Server) -> None:
    server.script = [BUSY, says(503, b"starting"), VERSION]
    assert server.cluster().server_version() == "v1.32.4"
    assert len(server.asked) == 3
    server.script, server.asked = [BUSY], []
    with pytest.raises(OperationFailed, match="too many requests"):
        server.cluster().server_version()
    assert len(server.asked) == 5


def test_a_change_is_not_sent_twice_unless_it_was_not_carried_out(server: Server) -> None:
    ref = Ref("ConfigMap", "a", "b")
    server.script = [BUSY, says(503, b"down")]
    with pytest.raises(
        OperationFailed, match=r"patch ConfigMap b/a: http://.* answered 503: down; try again"
    ):
        server.cluster().merge_patch(ref, {})
    assert len(server.asked) == 2
    server.script, server.asked = [hangs_up], []
    with pytest.raises(OperationFailed, match="the connection broke"):
        server.cluster().merge_patch(ref, {})
    assert len(server.asked) == 1


def test_reading_survives_a_connection_that_was_closed(server: Server) -> None:
    server.script = [hangs_up, VERSION]
    assert server.cluster().server_version() == "v1.32.4"


def test_every_request_says_who_asks_for_whom(server: Server) -> None:
    server.script = [VERSION]
    server.cluster().server_version()
    headers = server.headers[0]
    assert headers.get_all("Impersonate-User") == ["jane"]
    assert headers.get_all("Impersonate-Group") == ["a", "b"]
    assert headers["User-Agent"] == "istio-migrate"
    assert headers["Accept-Encoding"] in (None, "identity"), "no packing on the same machine"


def test_from_far_away_answers_come_packed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("istiokit.cluster.live_http._is_local", lambda url: False)
    packed = gzip.compress(json.dumps({"gitVersion": "v1"}).encode())
    server.script = [says(200, packed, Content_Encoding="gzip")]
    assert server.cluster().server_version() == "v1"
    assert server.headers[0]["Accept-Encoding"] == "gzip"


LONG = {"gitVersion": "v" + "1234567890abcdef" * 200_000}


def in_chunks(data: bytes, size: int = 500_000) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in [*(data[at : at + size] for at in range(0, len(data), size)), b""]:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    return answer


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "3000000")
    handler.end_headers()
    handler.wfile.write(b"{" + b" " * 2_000_000)
    handler.close_connection = True


@pytest.mark.parametrize(
    "answer",
    [
        says(200, LONG),
        in_chunks(json.dumps(LONG).encode()),
        says(200, gzip.compress(json.dumps(LONG).encode()), Content_Encoding="gzip"),
    ],
    ids=["of known length", "in chunks", "packed"],
)
def test_a_long_answer_comes_whole_and_leaves_the_connection_usable(server: Server, answer: Answer) -> None:
    server.script = [answer, VERSION]
    cluster = server.cluster()
    assert cluster.server_version() == LONG["gitVersion"]
    assert cluster.server_version() == "v1.32.4"
    assert len({headers["Port-Of-Client"] for headers in server.headers}) == 1


def test_an_answer_that_breaks_off_is_asked_for_again_and_never_taken_for_whole(server: Server) -> None:
    server.script = [breaks_off, VERSION]
    assert server.cluster().server_version() == "v1.32.4"
    server.script = [breaks_off]
    with pytest.raises(OperationFailed, match=r"cannot reach the API server .*: the connection broke: "):
        server.cluster().server_version()


def by_path(**answers: Answer) -> Answer:
    """Answers by the version that is asked for, and 404 for others."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        version = urlsplit(handler.path).path.split("/")[3]
        answers.get(version, says(404, {"message": "not found"}))(handler)

    return answer


def mesh(*names: str) -> Answer:
    """An Istio API of some version that holds Gateways of these names."""
    resources = {"resources": [{"name": "gateways", "kind": "Gateway", "namespaced": True}]}

    def answer(handler: BaseHTTPRequestHandler) -> None:
        collection = urlsplit(handler.path).path.endswith("/gateways")
        (listed("1", *(item(name, "1") for name in names)) if collection else says(200, resources))(handler)

    return answer


def names(cluster: LiveCluster) -> list[str]:
    return [found.metadata.name for found in cluster.list(GATEWAY, Gateway)]


def test_a_list_that_is_expected_is_asked_for_once(server: Server) -> None:
    server.script = [by_path(v1=mesh("a", "b"))]
    cluster = server.cluster()
    cluster.expect(GATEWAY, Gateway)
    assert names(cluster) == ["a", "b"]
    group = "GET /apis/networking.istio.io/v1"
    assert sorted(server.asked) == [group, f"{group}/gateways?limit=20000"]
    assert names(cluster) == ["a", "b"]
    assert len(server.asked) == 3, "what comes later is asked for anew"


def test_a_list_that_is_expected_in_another_version_is_read_in_the_served_one(server: Server) -> None:
    server.script = [by_path(v1beta1=mesh("old"))]
    cluster = server.cluster()
    cluster.expect(GATEWAY, Gateway)
    assert names(cluster) == ["old"]


def test_a_list_that_is_expected_and_refused_says_so_when_it_is_needed(server: Server) -> None:
    refused = says(403, {"message": 'cannot list resource "gateways" in API group "networking.istio.io"'})

    def answer(handler: BaseHTTPRequestHandler) -> None:
        (refused if "limit" in handler.path else mesh())(handler)

    server.script = [answer]
    cluster = server.cluster()
    cluster.expect(GATEWAY, Gateway)
    with pytest.raises(Forbidden, match="list gateways"):
        names(cluster)


def test_a_list_that_is_expected_from_a_server_that_hangs_up_fails_when_it_is_needed(server: Server) -> None:
    server.script = [hangs_up]
    cluster = server.cluster()
    cluster.expect(GATEWAY, Gateway)
    with pytest.raises(OperationFailed, match="the connection broke"):
        names(cluster)


def test_a_redirect_is_not_followed_with_our_credentials(server: Server) -> None:
    server.script = [says(302, b"", Location="http://elsewhere.invalid/")]
    with pytest.raises(OperationFailed, match="read the server's version: no reason given"):
        server.cluster().server_version()
    assert len(server.asked) == 1


def test_proxies_of_the_kubeconfig_and_of_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script = [VERSION]
    server.cluster(**{"server": "http://api.invalid:80", "proxy-url": server.url}).server_version()
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.cluster(server="http://api.invalid:80").server_version()
    assert (
        server.asked == ["GET http://api.invalid:80/version"] * 2
        or server.asked == ["GET http://api.invalid/version"] * 2
    )
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.cluster().server_version()
    assert server.asked[-1] == "GET /version"


def watched(server: Server, seconds: float) -> list[tuple[str, str]]:
    events = server.cluster().watch(CONFIG_MAP, Object, seconds=seconds)
    return [(event.type.value, event.object.metadata.name) for event in events]


def watch_line(kind: str, name: str, version: str) -> dict[str, Any]:
    return {"type": kind, "object": item(name, version)}


def test_a_watch_goes_on_where_the_connection_ended(server: Server) -> None:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}
    server.script = [
        listed("5", item("a", "5")),
        streams(watch_line("MODIFIED", "a", "7"), bookmark, b'{"type":"MODIFIED","obj'),
        hangs_up,
        streams(),
    ]
    assert watched(server, 0.5) == [("ADDED", "a"), ("MODIFIED", "a")]
    versions = [parse_qs(urlsplit(line).query).get("resourceVersion") for line in server.asked]
    assert versions[:4] == [None, ["5"], ["9"], ["9"]]


@pytest.mark.parametrize(
    "expired", [streams({"type": "ERROR", "object": {"code": 410}}), says(410, {"code": 410})]
)
def test_a_watch_that_expired_tells_the_real_differences(server: Server, expired: Answer) -> None:
    server.script = [
        listed("5", item("a", "1"), item("b", "2"), item("c", "3")),
        expired,
        listed("9", item("a", "1"), item("b", "8"), item("d", "9")),
        streams(),
    ]
    assert watched(server, 0.5) == [
        *(("ADDED", "a"), ("ADDED", "b"), ("ADDED", "c")),
        *(("MODIFIED", "b"), ("ADDED", "d"), ("DELETED", "c")),
    ]


def test_a_watch_of_a_silent_server_ends_in_time(server: Server) -> None:
    server.script = [listed("5"), lambda handler: time.sleep(3)]
    start = time.monotonic()
    assert watched(server, 0.5) == []
    assert time.monotonic() - start < 2.5


def test_a_watch_does_not_wait_for_permissions(server: Server) -> None:
    server.script = [
        listed("5"),
        says(403, {"message": 'User "a" cannot watch resource "x" in API group ""'}),
    ]
    with pytest.raises(OperationFailed, match="you may not watch x"):
        watched(server, 30)


def test_a_watch_gives_up_on_a_server_that_stays_away(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("istiokit.cluster.live_watch._PATIENCE_SECONDS", 0.3)
    server.script = [listed("5"), says(500, b"oops")]
    with pytest.raises(OperationFailed, match="answered 500: oops"):
        watched(server, 30)


def test_something_else_than_an_api_server(server: Server) -> None:
    server.script = [says(200, b"<html>welcome</html>")]
    cluster, unexpected = server.cluster(), "the answer is not as expected"
    with pytest.raises(OperationFailed, match=f"list Namespace: {unexpected}"):
        cluster.list(NAMESPACE, Object)
    with pytest.raises(OperationFailed, match=f"read /apis/networking.istio.io/v1: {unexpected}"):
        cluster.served(GATEWAY)
    with pytest.raises(OperationFailed, match=f"read the server's version: {unexpected}"):
        cluster.server_version()
    with pytest.raises(OperationFailed, match=f"ask whether we may list Gateway: {unexpected}"):
        cluster.allowed("list", GATEWAY)
    with pytest.raises(OperationFailed, match=f"create Namespace a: {unexpected}"):
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})
