"""The short path through `struct` and the layouts are one codec."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tiscam_emu.errors import Status
from tiscam_emu.wire import gvcp, gvcp_codec, gvcp_layouts

REPRODUCIBLE = settings(deadline=None, derandomize=True, max_examples=300)

U8, U16, U32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
REQ_ID = st.integers(1, 0xFFFF)
STATUS = st.sampled_from(Status)

COMMANDS: st.SearchStrategy[gvcp.Cmd] = st.one_of(
    st.builds(gvcp.ReadRegCmd, REQ_ID, st.lists(U32, min_size=1, max_size=135).map(tuple), flags=U8),
    st.builds(gvcp.WriteRegCmd, REQ_ID, st.lists(st.tuples(U32, U32), min_size=1, max_size=67).map(tuple), flags=U8),
    st.builds(gvcp.ReadMemCmd, REQ_ID, U32, U16, flags=U8),
    st.builds(gvcp.WriteMemCmd, REQ_ID, U32, st.binary(max_size=540), flags=U8),
    st.builds(
        gvcp.PacketResendCmd,
        REQ_ID,
        U16,
        U16,
        st.integers(0, 0xFFFFFF),
        st.one_of(st.none(), st.integers(0, 0xFFFFFE)),
        flags=st.sampled_from([0, 1, 0x10, 0x90]),
    ),
)
ACKS: st.SearchStrategy[gvcp.Ack] = st.one_of(
    st.builds(gvcp.ReadRegAck, U16, st.lists(U32, min_size=1, max_size=135).map(tuple), status=STATUS),
    st.builds(gvcp.WriteRegAck, U16, U16, status=STATUS),
    st.builds(gvcp.ReadMemAck, U16, U32, st.binary(max_size=540), status=STATUS),
    st.builds(gvcp.WriteMemAck, U16, U16, status=STATUS),
    st.builds(gvcp.ErrorAck, U16, st.just(0x0081), status=STATUS.filter(bool)),
)
ALMOST_COMMANDS = st.builds(
    lambda flags, code, length, req_id, payload: (
        bytes([0x42, flags])
        + b"".join(part.to_bytes(2, "big") for part in (code, len(payload) if length is None else length, req_id))
        + payload
    ),
    U8,
    st.one_of(st.sampled_from([int(code) for code in gvcp.Command]), U16),
    st.one_of(st.none(), U16),
    U16,
    st.binary(max_size=64),
)


def _parsed(parse_with: object, datagram: bytes) -> object:
    try:
        return parse_with(datagram)  # type: ignore[operator]
    except gvcp.GvcpParseError as error:
        return (error.status, error.header, str(error))


@REPRODUCIBLE
@given(COMMANDS)
def test_short_path_parses_commands_as_the_layouts_do(command: gvcp.Cmd) -> None:
    datagram = gvcp_layouts.build(command)
    assert gvcp_codec.parse_command(datagram) == gvcp_layouts.parse_command(datagram) == command


@REPRODUCIBLE
@given(ACKS)
def test_short_path_builds_acknowledges_as_the_layouts_do(ack: gvcp.Ack) -> None:
    datagram = gvcp_codec.build_ack(ack)
    assert datagram == gvcp_layouts.build(ack)
    assert gvcp_layouts.parse_ack(datagram) == ack


@REPRODUCIBLE
@given(st.one_of(st.binary(max_size=80), ALMOST_COMMANDS))
def test_any_bytes_are_a_command_or_a_parse_error_on_both_paths(datagram: bytes) -> None:
    assert _parsed(gvcp_codec.parse_command, datagram) == _parsed(gvcp_layouts.parse_command, datagram)


@REPRODUCIBLE
@given(st.one_of(st.binary(max_size=80), ALMOST_COMMANDS.map(lambda datagram: b"\0\0" + datagram[2:])))
def test_any_bytes_are_an_acknowledge_or_a_parse_error(datagram: bytes) -> None:
    parsed = _parsed(gvcp_codec.parse_ack, datagram)
    assert isinstance(parsed, gvcp.Ack | tuple)


@REPRODUCIBLE
@given(ALMOST_COMMANDS)
def test_every_command_that_parses_is_built_from_its_message_again(datagram: bytes) -> None:
    try:
        command = gvcp_codec.parse_command(datagram)
    except gvcp.GvcpParseError:
        return
    # Reserved bytes are not kept, so the messages are compared and not the bytes.
    assert gvcp_codec.parse_command(gvcp_codec.build_command(command)) == command
