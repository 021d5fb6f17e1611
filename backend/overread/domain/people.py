"""What a person signs in by: the name as it is shown, and the key by which two spellings are one person."""

import unicodedata

from overread.domain.errors import InvalidInput

LONGEST_NAME = 64  # characters


def sign_in_name(text: str) -> str:
    """The name in Unicode's composed form, without spaces around it and with one between words.

    Raises InvalidInput unless 1 to 64 printable characters are left.
    """
    name = " ".join(word for word in unicodedata.normalize("NFC", text).strip().split(" ") if word)
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A sign-in name has 1 to {LONGEST_NAME} printable characters.")
    return name


def name_key(text: str) -> str:
    """What two spellings of one name share: case, composition, width of letters and spaces are all the same to it.

    Takes any text, a hostile one too: a key that no account has is simply unknown.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())
