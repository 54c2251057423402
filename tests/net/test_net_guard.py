"""The SSRF check, by dialling: which hosts a guarded client reaches, and which it never opens a connection to."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from headway.net import transport
from headway.net.addresses import LOOPBACK, Allowance, Kind, kind_of, unwrapped
from headway.net.guard import Guard, Refused
from headway.net.http import open_client, reason
from hypothesis import given
from hypothesis import strategies as st
from support.scripted_http import Exchange, scripted_server
from support.tls import tls_for

METADATA = ["169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"]
NEVER = [
    *METADATA, "169.254.0.1", "fe80::1", "febf::1", "fe80::1%lo", "0.0.0.0", "0.1.2.3", "::", "224.0.0.1",
    "239.255.255.250", "ff02::1", "ff0e::1", "240.0.0.1", "255.255.255.255", "fec0::1", "192.0.0.192", "fd20:ce::254",
    "100::1", "4000::1", "::127.0.0.1", "::8.8.8.8", "64:ff9b:1::7f00:1", "64:ff9b:1::808:808",
]  # fmt: skip
LOOPS = ["127.0.0.1", "127.255.255.254", "::1"]
PRIVATE = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255", "fc00::1", "fdff::1",
    "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "2001:db8::1",
    "2001:2::1", "3fff::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "2606:4700::1111"]


def mapped(text: str) -> str:
    return f"::ffff:{text}"


def nat64(text: str) -> str:
    return f"64:ff9b::{text}"


def six_to_four(text: str) -> str:
    return str(ipaddress.IPv6Address((0x2002 << 112) | (int(ipaddress.IPv4Address(text)) << 80) | 1))


def teredo_client(text: str) -> str:
    """The client's address stands in a Teredo address with its bits turned; the server here is public."""
    client = int(ipaddress.IPv4Address(text)) ^ 0xFFFF_FFFF
    return str(ipaddress.IPv6Address((0x2001_0000 << 96) | (0x0808_0808 << 64) | client))


def teredo_server(text: str) -> str:
    server = int(ipaddress.IPv4Address(text))
    return str(ipaddress.IPv6Address((0x2001_0000 << 96) | (server << 64) | (0x0808_0808 ^ 0xFFFF_FFFF)))


FORMS = [mapped, nat64, six_to_four, teredo_client, teredo_server]


class Names:
    """A resolver: each name answers from its list of answers, the last one again and again; it counts."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers = {name.replace("_", "."): list(listed) for name, listed in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        listed = self._answers.get(host)
        if not listed:
            raise socket.gaierror(socket.EAI_NONAME, "unknown name")
        return listed.pop(0) if len(listed) > 1 else listed[0]


async def ok(exchange: Exchange) -> None:
    await exchange.json({"host": exchange.headers["host"]})


def port_of(url: str) -> int:
    port = httpx.URL(url).port
    assert port is not None
    return port


@asynccontextmanager
async def refused_by(guard: Guard, url: str) -> AsyncIterator[Refused]:
    async with open_client(guard=guard) as http:
        with pytest.raises(Refused) as caught:
            await http.get(url)
        yield caught.value


@pytest.mark.req("A10")
@pytest.mark.parametrize("host", [*NEVER, *LOOPS, *PRIVATE, *(form(one) for form in FORMS for one in METADATA[:3])])
async def test_by_default_only_public_addresses_are_dialled(host: str) -> None:
    guard = Guard(resolver=Names(agent_example=[[host]]))
    async with refused_by(guard, "http://agent.example/") as refused:
        assert host in str(refused)
    if "%" not in host:
        literal = f"[{host}]" if ":" in host else host
        async with refused_by(guard, f"http://{literal}/") as refused:
            assert "which is never dialled" in str(refused) or f"--allow {literal}:80" in str(refused)


@pytest.mark.req("A10")
@pytest.mark.parametrize("host", [*NEVER, *(form(one) for form in FORMS for one in ["169.254.169.254", "0.0.0.0"])])
async def test_no_allowance_reaches_what_is_never_dialled(host: str) -> None:
    everything = [Allowance.parse(entry) for entry in ("0.0.0.0/0", "::/0", "agent.example:*")]
    async with refused_by(Guard(everything, Names(agent_example=[[host]])), "http://agent.example/") as refused:
        assert "which is never dialled" in str(refused)


@pytest.mark.req("A10")
@given(
    st.sampled_from(FORMS),
    st.one_of(
        st.ip_addresses(network="127.0.0.0/8"), st.ip_addresses(network="10.0.0.0/8"),
        st.ip_addresses(network="169.254.0.0/16"), st.ip_addresses(network="100.64.0.0/10"),
        st.ip_addresses(network="224.0.0.0/3"), st.ip_addresses(network="192.168.0.0/16"),
    ),
)  # fmt: skip
def test_an_address_inside_another_is_judged_as_itself(form: object, inner: ipaddress.IPv4Address) -> None:
    assert callable(form)
    outer = ipaddress.ip_address(form(str(inner)))
    assert kind_of(outer) is kind_of(inner)
    assert kind_of(outer) is not Kind.PUBLIC


@given(st.ip_addresses())
def test_what_python_calls_local_is_never_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    local = address.is_private or address.is_link_local or address.is_multicast or address.is_unspecified
    if unwrapped(address) == (address,) and (local or address.is_reserved or not address.is_global):
        assert kind_of(address) is not Kind.PUBLIC


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_need_no_allowance(address: str) -> None:
    assert kind_of(ipaddress.ip_address(address)) is Kind.PUBLIC


@pytest.mark.req("A10")
@pytest.mark.parametrize("allowed_first", [True, False])
async def test_a_name_with_one_denied_address_is_refused(allowed_first: bool) -> None:
    answers = ["127.0.0.1", "10.0.0.1"]
    names = Names(agent_example=[answers if allowed_first else answers[::-1]])
    async with scripted_server(ok) as server:
        url = f"http://agent.example:{port_of(server.url)}/"
        async with refused_by(Guard(LOOPBACK, names), url) as refused:
            assert "agent.example leads to 10.0.0.1" in str(refused)
        assert server.exchanges == []


@pytest.mark.req("A10")
async def test_what_was_checked_is_what_is_dialled() -> None:
    names = Names(rebinding_example=[["127.0.0.1"], ["169.254.169.254"]])
    async with scripted_server(ok) as server, open_client(guard=Guard(LOOPBACK, names)) as http:
        url = f"http://rebinding.example:{port_of(server.url)}/"
        answer = await http.get(url)
        assert answer.json()["host"].startswith("rebinding.example")
        assert names.asked == ["rebinding.example"]
        with pytest.raises(Refused):
            await http.get(url)
        assert len(server.exchanges) == 1


@pytest.mark.req("A10")
@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.1", "localhost", "localhost.", "LOCALHOST"]
)
async def test_odd_spellings_of_this_machine_are_seen_through(host: str) -> None:
    async with scripted_server(ok) as server, open_client(guard=Guard()) as http:
        with pytest.raises(httpx.ConnectError) as caught:
            await http.get(f"http://{host}:{port_of(server.url)}/")
        # Which of these a system takes for an address is its own affair.
        assert "a loopback address" in str(caught.value) or reason(caught.value) == "name not found"
        assert server.exchanges == []


@pytest.mark.req("A10")
async def test_a_name_that_is_not_found_is_not_dialled() -> None:
    async with open_client(guard=Guard(LOOPBACK, Names())) as http:
        with pytest.raises(httpx.ConnectError) as caught:
            await http.get("http://nobody.example/")
    assert reason(caught.value) == "name not found"


@pytest.mark.req("A10")
async def test_a_url_with_a_password_is_refused() -> None:
    async with scripted_server(ok) as server:
        url = server.url.replace("://", "://me:secret@")
        async with refused_by(Guard(LOOPBACK), url) as refused:
            assert "secret" not in str(refused)
        assert server.exchanges == []


@pytest.mark.req("A10")
async def test_a_redirect_is_not_followed() -> None:
    async def elsewhere(exchange: Exchange) -> None:
        await exchange.head(302, location="http://169.254.169.254/latest/meta-data")

    async with scripted_server(elsewhere) as server, open_client(guard=Guard(LOOPBACK)) as http:
        assert (await http.get(server.url)).status_code == 302


@pytest.mark.parametrize(
    ("entry", "reached"),
    [
        ("127.0.0.1", True), ("127.0.0.1:*", True), ("127.0.0.0/8", True), ("agent.example", True),
        ("agent.example:*", True), ("AGENT.example.:PORT", True), ("127.0.0.1:PORT", True), ("0.0.0.0/0", True),
        ("127.0.0.1:1", False), ("agent.example:1", False), ("other.example", False), ("10.0.0.0/8", False),
        ("[::1]:*", False),
    ],
)  # fmt: skip
async def test_what_the_operator_allows_is_dialled(entry: str, reached: bool) -> None:
    async with scripted_server(ok) as server:
        port = port_of(server.url)
        allow = [Allowance.parse(entry.replace("PORT", str(port)))]
        guard = Guard(allow, Names(agent_example=[["127.0.0.1"]]))
        if reached:
            async with open_client(guard=guard) as http:
                assert (await http.get(f"http://agent.example:{port}/")).status_code == 200
        else:
            async with refused_by(guard, f"http://agent.example:{port}/"):
                assert server.exchanges == []


@pytest.mark.parametrize(
    "entry", ["", "*", "a b", "http://127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", "[::1", "[::1]x",
              "10.0.0.0/33", "10.0.0.1/8", "a..b", "169.254.169.254", "169.254.0.0/16", "fe80::/10", "224.0.0.0/4",
              "x" * 400],
)  # fmt: skip
def test_an_entry_that_allows_nothing_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Allowance.parse(entry)


async def test_the_next_address_of_a_name_is_tried() -> None:
    async with scripted_server(ok) as server:
        names = Names(agent_example=[["127.0.0.2", "127.0.0.1"]])
        async with open_client(guard=Guard(LOOPBACK, names)) as http:
            assert (await http.get(f"http://agent.example:{port_of(server.url)}/")).status_code == 200


async def test_a_refused_connection_is_told_as_before() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        async with open_client(guard=Guard(LOOPBACK)) as http:
            with pytest.raises(httpx.ConnectError) as caught:
                await http.get(f"http://127.0.0.1:{bound.getsockname()[1]}/")
    assert not isinstance(caught.value, Refused)
    assert reason(caught.value) == "refused"


async def test_a_name_server_that_does_not_answer_is_given_up() -> None:
    async def silent(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    async with open_client(guard=Guard(LOOPBACK, silent)) as http:
        with pytest.raises(httpx.ConnectTimeout):
            await http.get("http://slow.example/", timeout=0.01)


async def test_authorities_that_cannot_be_read_are_told_and_take_up_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(**_options: object) -> ssl.SSLContext:
        raise FileNotFoundError("no such bundle")

    monkeypatch.setattr(httpx, "create_ssl_context", unreadable)
    transport.system_trust.cache_clear()
    async with open_client(guard=Guard(LOOPBACK), connections=1) as http:
        for _ in range(3):
            with pytest.raises(httpx.ConnectError, match="authorities cannot be read: no such bundle"):
                await http.get("https://127.0.0.1:9", timeout=5)


@pytest.mark.req("A10")
async def test_tls_verifies_the_name_and_not_the_address(tmp_path: Path) -> None:
    loop_names = Names(agent_example=[["127.0.0.1"]], other_example=[["127.0.0.1"]])
    tls = tls_for("agent.example", tmp_path)
    named: list[str | None] = []
    tls.server.sni_callback = lambda _socket, name, _context: named.append(name)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls.server)
    port = server.sockets[0].getsockname()[1]
    async with server, open_client(guard=Guard(LOOPBACK, loop_names), tls=tls.client) as http:
        assert (await http.get(f"https://agent.example:{port}/")).status_code == 204
        with pytest.raises(httpx.ConnectError, match=r"other\.example"):
            await http.get(f"https://other.example:{port}/")
        with pytest.raises(httpx.ConnectError, match=r"127\.0\.0\.1"):
            await http.get(f"https://127.0.0.1:{port}/")
        async with open_client(guard=Guard(LOOPBACK, loop_names)) as distrusting:
            with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
                await distrusting.get(f"https://agent.example:{port}/")
    assert named[:2] == ["agent.example", "other.example"]
    assert tls.client.verify_mode is ssl.CERT_REQUIRED


async def test_a_handshake_that_hangs_keeps_no_socket_when_its_caller_gives_up() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.put_nowait(await reader.read(1))
        await reader.read()
        heard.put_nowait(b"gone")
        writer.close()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_client(guard=Guard(LOOPBACK)) as client:
            asking = asyncio.create_task(client.get(f"https://127.0.0.1:{port}/"))
            assert await asyncio.wait_for(heard.get(), 30) == b"\x16"
            asking.cancel()
            await asyncio.wait({asking})
            assert await asyncio.wait_for(heard.get(), 30) == b"gone"
