"""Stream from a camera with pyGigEVision for some seconds, as its README does: for its report card."""

from __future__ import annotations

import sys
import time
from xml.etree import ElementTree

from pyGigEVision import GVCPClient, GVSPReceiver, fetch_genicam_xml

SCP, SCPS, SCDA, LOCALHOST, PACKET_SIZE = 0x0D00, 0x0D04, 0x0D18, 0x7F00_0001, 1500


def command(root: ElementTree.Element, name: str) -> tuple[int, int]:
    """Address and value of a command."""
    nodes = {node.get("Name"): node for node in root.iter()}
    node = nodes[name]
    value = int(node.findtext("{*}CommandValue", ""), 0)
    while not (address := node.findtext("{*}Address", "")):
        node = nodes[node.findtext("{*}pValue", "")]
    return int(address, 0), value


def main() -> None:
    """Open, stream, close."""
    address, seconds = sys.argv[1], float(sys.argv[2])
    with GVCPClient(address) as client:
        root = ElementTree.fromstring(fetch_genicam_xml(client)[0])
        receiver = GVSPReceiver(local_ip="127.0.0.1", gvcp_client=client, packet_size=PACKET_SIZE, camera_ip=address)
        receiver.start()
        client.write_reg(SCDA, LOCALHOST)
        client.write_reg(SCPS, PACKET_SIZE)
        client.write_reg(SCP, receiver.port)
        client.write_reg(*command(root, "AcquisitionStart"))
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            receiver.get_frame(timeout=0.2)
        client.write_reg(*command(root, "AcquisitionStop"))
        client.write_reg(SCP, 0)
        receiver.close()


if __name__ == "__main__":
    main()
