"""A client in control of a camera through the GenICam reference implementation, and a stream to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.interop.gvcp_client import CCP, HEARTBEAT_TIMEOUT, SCDA, SCP, SCPS, GvcpClient, GvspReceiver

if TYPE_CHECKING:
    from tests.interop.genapi_camera import GenApiCamera

_LOCALHOST = 0x7F00_0001
_DO_NOT_FRAGMENT = 0x4000_0000


@contextmanager
def controlled(address: str) -> Iterator[tuple[GvcpClient, GenApiCamera]]:
    """In control, with a heartbeat that is long enough not to be needed; the module ``genicam`` must be there."""
    from tests.interop.genapi_camera import GenApiCamera

    with GvcpClient(address) as client:
        client.write_register(CCP, 2)
        client.write_register(HEARTBEAT_TIMEOUT, 30_000)
        yield client, GenApiCamera(client)
        client.write_register(CCP, 0)


@contextmanager
def streaming(client: GvcpClient, nodes: GenApiCamera, packet_size: int = 8000) -> Iterator[GvspReceiver]:
    """An acquisition with its stream."""
    with GvspReceiver() as receiver:
        client.write_register(SCDA, _LOCALHOST)
        client.write_register(SCP, receiver.port)
        client.write_register(SCPS, _DO_NOT_FRAGMENT | packet_size)
        nodes.execute("AcquisitionStart")
        yield receiver
        nodes.execute("AcquisitionStop")
