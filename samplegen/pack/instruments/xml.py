"""XML as bytes."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element


def encode_xml(root: Element) -> bytes:
    """The whole document, indented (`root` is changed by that), in UTF-8."""
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text + b"\n"
