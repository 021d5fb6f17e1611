"""Mutants of good inputs: number n of a seed is always the same. Structure is damaged where a format has one (chunks,
segments, elements, cells), and checksums are mended mostly: else nearly all would die at the door."""

import re
import struct
import zlib
from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz.corpus import chunk

Parts = list[bytes]
EXTREMES = (0, 1, 2, 7, 8, 9, 15, 16, 17, 32, 127, 128, 255, 256, 4096, 7000, 32767, 32768, 65535, 65536)
HUGE = (*EXTREMES, 10**6, 2**24, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)
WORDS = (
    b"", b"0", b"-1", b"1", b"nan", b"inf", b"-inf", b"1e308", b"1e999", b"9" * 25, b"9" * 5000, b"0.0000001", b"\0",
    b"\xff\xfe", "é".encode(), "e\u0301".encode(), b"\\", b"1\\2", b"1\\2\\3\\4", b"MONOCHROME1", b"RGB",
    b"YBR_FULL_422", b"PALETTE COLOR",
    b"\"", b"'", b"../..", b"\xed\xa0\x80", b"0x10", b"1_0", "²".encode(), "\u0663".encode(),
    b"null", b"true", b"{}", b"[]", b"[[1,2],[3]]", b"{\"a\":1}", b"[" * 3000, b"-9223372036854775809", b"\r", b"\n",
    b"1.2.840.10008.1.2.4.50", b"1.2.840.10008.1.2.5", b"1.2.840.10008.1.2.4.90", b"1.2.840.10008.1.2.4.80",
    b"1.2.840.10008.1.2.4.70", b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.2", b"\\ud800",
)  # fmt: skip
KINDS = (
    b"tRNS", b"PLTE", b"eXIf", b"gAMA", b"iCCP", b"zTXt", b"iTXt", b"tEXt", b"acTL", b"fdAT", b"sBIT", b"bKGD", b"hIST",
    b"sPLT", b"IEND", b"IHDR", b"CgBI",
)  # fmt: skip
VRS = (b"US", b"SS", b"UL", b"DS", b"IS", b"LO", b"OB", b"OW", b"SQ", b"UN", b"AT", b"FD", b"UI", b"CS", b"\0\0", b"xx")
LONG = (b"OB", b"OW", b"SQ", b"UN", b"UT", b"OF", b"OD", b"OL", b"UC", b"UR", b"OV", b"SV", b"UV")


def mutant(form: str, seeds: Sequence[bytes], number: int, seed: int = 0) -> bytes:
    """Mutant ``number`` of ``seed``, of one of these inputs of a format."""
    chance = Random(f"{form} {seed} {number}")
    data = chance.choice(seeds)
    if chance.random() < 0.75:
        data = STRUCTURED[form](data, chance)
    if chance.random() < 0.4:
        data = damaged(data, seeds, chance)
    return mended(data) if form in ("png", "mask") and chance.random() < 0.95 else data


def damaged(data: bytes, seeds: Sequence[bytes], chance: Random) -> bytes:
    """Bytes whatever they are: bits flipped, a piece gone, twice, turned, of another input, or an extreme."""
    place, size = chance.randrange(len(data) + 1), chance.choice((1, 2, 4, 16, 100))
    before, piece, after = data[:place], data[place : place + size], data[place + size :]
    kind = chance.randrange(8)
    if kind < 3 and data:
        flipped = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 8))):
            flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(flipped)
    if kind == 3:
        return before + chance.choice((b"", piece * 2, piece[::-1], bytes(len(piece)), b"\xff" * len(piece))) + after
    if kind == 4:
        return before + number(chance) + data[place + 4 :]
    if kind == 5:
        return before + chance.randbytes(size) + after
    if kind == 6:
        return before
    other = chance.choice(seeds)
    return before + other[chance.randrange(len(other) + 1) :]


def number(chance: Random) -> bytes:
    """An extreme as two or four bytes of either order."""
    if chance.random() < 0.5:
        return struct.pack(chance.choice("<>") + "H", min(chance.choice(EXTREMES), 65535))
    return struct.pack(chance.choice("<>") + "I", chance.choice(HUGE))


def shuffled(parts: Parts, chance: Random) -> Parts:
    """One part gone, twice, moved or in another's place."""
    if not parts:
        return parts
    one, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    kind = chance.randrange(4)
    if kind == 0:
        return parts[:one] + parts[one + 1 :]
    if kind == 1:
        return [*parts[:one], *[parts[one]] * chance.choice((2, 2, 50)), *parts[one + 1 :]]
    parts = parts.copy()
    parts[one], parts[other] = parts[other], parts[one] if kind == 2 else parts[other]
    return parts


def png(data: bytes, chance: Random) -> bytes:
    """A PNG whose chunks are moved, or one of which says something else, also below its compression."""
    parts = [data[start:end] for start, end in chunks(data)]
    for _ in range(chance.choice((1, 1, 2, 3))):
        if chance.random() < 0.3:
            parts = shuffled(parts, chance)
        elif parts:
            place = chance.randrange(len(parts))
            parts[place] = chunk(*_other_chunk(parts[place][4:8], parts[place][8:-4], chance))
    return data[:8] + b"".join(parts)


def _other_chunk(kind: bytes, body: bytes, chance: Random) -> tuple[bytes, bytes]:
    if kind == b"IHDR" and len(body) == 13 and chance.random() < 0.8:
        width, height, bits, colour, *rest = struct.unpack(">IIBBBBB", body)
        size = chance.choice((width, height, *EXTREMES, *HUGE))
        fields = (size, height) if chance.random() < 0.5 else (width, size)
        bits, colour = chance.choice(
            ((bits, colour), (bits, chance.randrange(8)), (chance.choice((1, 2, 4, 8, 16)), colour))
        )
        rest = chance.choice((rest, [chance.randrange(3) for _ in rest]))
        return kind, struct.pack(">IIBBBBB", *fields, bits, colour, *rest)
    if kind == b"IDAT" and chance.random() < 0.8:
        try:
            rows = zlib.decompress(body)
        except zlib.error:
            return kind, body
        return kind, zlib.compress(damaged(rows, [rows], chance), 1)
    if chance.random() < 0.3:
        kind = chance.choice(KINDS)
    return kind, chance.choice((damaged(body, [body], chance), chance.randbytes(chance.choice((0, 1, 6, 300)))))


def chunks(data: bytes) -> list[tuple[int, int]]:
    """Where each chunk of a PNG starts and ends, as far as there are whole ones."""
    found, place = [], 8
    while place + 12 <= len(data):
        end = place + 12 + struct.unpack_from(">I", data, place)[0]
        if end > len(data):
            break
        found.append((place, end))
        place = end
    return found


def mended(data: bytes) -> bytes:
    """The PNG with the right checksum on each whole chunk."""
    fixed = bytearray(data)
    for start, end in chunks(data):
        struct.pack_into(">I", fixed, end - 4, zlib.crc32(data[start + 4 : end - 4]))
    return bytes(fixed)


def jpeg(data: bytes, chance: Random) -> bytes:
    """A JPEG whose segments are moved, or one of which says something else."""
    parts, place = [], 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        end = place + 2 + struct.unpack_from(">H", data, place + 2)[0]
        parts.append(data[place:end])
        place = end
    for _ in range(chance.choice((1, 1, 2, 3))):
        if chance.random() < 0.3 or not parts:
            parts = shuffled(parts, chance)
            continue
        one = chance.randrange(len(parts))
        head, body = parts[one][:4], parts[one][4:]
        kind = chance.randrange(4)
        if kind == 0:
            head = head[:1] + bytes([chance.randrange(0xC0, 0x100)]) + head[2:]
        elif kind == 1:
            head = head[:2] + struct.pack(">H", chance.choice(EXTREMES) & 0xFFFF)
        else:
            body = damaged(body, [body], chance)
            head = head[:2] + struct.pack(">H", (len(body) + 2) & 0xFFFF)
        parts[one] = head + body
    scan = data[place:]
    return data[:2] + b"".join(parts) + (damaged(scan, [scan], chance) if chance.random() < 0.2 else scan)


def dicom(data: bytes, chance: Random) -> bytes:
    """A DICOM whose elements are moved, or one of which has another tag, kind, length or value."""
    parts = elements(data)
    for _ in range(chance.choice((1, 1, 2, 3))):
        if chance.random() < 0.2 or not parts:
            parts = shuffled(parts, chance)
            continue
        one = chance.randrange(len(parts))
        parts[one] = _other_element(parts[one], parts, chance)
    return data[:132] + b"".join(parts)


def _other_element(element: bytes, others: Parts, chance: Random) -> bytes:
    tag, vr = element[:4], element[4:6]
    value = element[12:] if vr in LONG else element[8:]
    kind = chance.randrange(8)
    if kind == 0:
        tag = chance.choice(others)[:4]
    elif kind == 1:
        vr = chance.choice(VRS)
    elif kind == 2:
        value = chance.choice(others)[8:]
    elif kind == 3:
        value = number(chance)
    elif kind == 4:
        value = damaged(value, others, chance)
    else:
        value = chance.choice(WORDS)
    length = chance.choice(HUGE) if chance.random() < 0.15 else len(value)
    if vr in LONG:
        return tag + vr + b"\0\0" + struct.pack("<I", length & 0xFFFFFFFF) + value
    return tag + vr + struct.pack("<H", length & 0xFFFF) + value


def elements(data: bytes) -> Parts:
    """The elements of a DICOM after its preamble, as little endian with explicit kinds has them; the last one is all
    that is not understood."""
    parts, place = [], 132
    while place + 12 <= len(data):
        vr = data[place + 4 : place + 6]
        if not re.fullmatch(rb"[A-Z]{2}", vr):
            break
        start, length = (12, "<I") if vr in LONG else (8, "<H")
        end = place + start + int(struct.unpack_from(length, data, place + start - struct.calcsize(length))[0])
        if end > len(data):
            break
        parts.append(data[place:end])
        place = end
    return [*parts, data[place:]]


def text(data: bytes, chance: Random) -> bytes:
    """A table or a JSON whose lines are moved, or one of whose words is another."""
    parts = re.findall(rb"[^\s,;:\[\]{}\"\\]+|.", data, re.DOTALL)
    for _ in range(chance.choice((1, 1, 2, 3))):
        kind = chance.randrange(3)
        if kind == 0:
            parts = shuffled(b"".join(parts).splitlines(keepends=True), chance)
        elif kind == 1:
            parts = shuffled(parts, chance)
        elif parts:
            parts[chance.randrange(len(parts))] = chance.choice(WORDS)
    return b"".join(parts)


def tiff(data: bytes, chance: Random) -> bytes:
    """A TIFF one of whose tags is another, or of another kind, count or value; of a BMP the same of its header."""
    changed = bytearray(data)
    order, page = ("<" if data.startswith(b"II") else ">"), struct.unpack_from("<I", data, 10)[0]
    if not data.startswith(b"BM"):
        (page,) = struct.unpack_from(f"{order}I", data, 4)
    for _ in range(chance.choice((1, 1, 2, 3))):
        place = page + 2 + 12 * chance.randrange(10) + chance.choice((0, 2, 4, 8))
        if data.startswith(b"BM"):
            order, place = "<", chance.choice((2, 10, 14, 18, 22, 26, 28, 30, 34, 46, 50))
        value = chance.choice((*EXTREMES[:12], *EXTREMES, *HUGE, 5, 259, 273, 277))
        form = chance.choice(("H", "I"))
        if place + 4 <= len(changed):
            struct.pack_into(order + form, changed, place, value & (0xFFFF if form == "H" else 0xFFFFFFFF))
    return bytes(changed)


def runs(data: bytes, chance: Random) -> bytes:
    """Counts of COCO's in which some groups of five bits are others."""
    groups = bytearray(data)
    for _ in range(chance.choice((1, 2, 4))):
        place = chance.randrange(len(groups) + 1)
        groups[place : place + chance.randrange(2)] = bytes([chance.randrange(48, 112)]) * chance.choice((1, 1, 1, 8))
    return bytes(groups)


def checkpoint(data: bytes, chance: Random) -> bytes:
    """A safetensors file whose header is another, of the length that it says or not."""
    header = text(data[8:], chance)
    length = chance.choice((*HUGE, 2**60, 2**64 - 1)) if chance.random() < 0.2 else len(header)
    return struct.pack("<Q", length) + header


STRUCTURED: dict[str, Callable[[bytes, Random], bytes]] = {
    "png": png,
    "mask": png,
    "jpeg": jpeg,
    "dicom": dicom,
    "tiff": tiff,
    "bmp": tiff,
    "patients": text,
    "siim": text,
    "chestxdet": text,
    "rle": runs,
    "checkpoint": checkpoint,
}
