"""Files: names, types and sizes; the extension and the media type of a row are one record."""

from __future__ import annotations

from runner.generators.compose import add, join
from runner.generators.people import Person
from runner.generators.picks import field, word
from runner.generators.registry import Made, Make, generator
from runner.generators.text import Words
from runner.ops import Op, PoolIndex, Shaped, Take, Uniform, Values
from runner.types import BIGINT, STRING

_TYPE = "file/type"
field("file.file_extension", "A file's extension", "file", _TYPE, "extension", aliases=("extension",), keywords=("type",))
field(
    "file.mime_type",
    "The media type of the row's file",
    "file",
    _TYPE,
    "mime",
    aliases=("file_mime_type", "content_type", "media_type"),
    keywords=("type",),
)
field("file.file_kind", "What kind of file the row's is, such as image", "file", _TYPE, "kind", keywords=("category",))


@generator("file.file_name", "A file's name with the row's extension", aliases=("filename",), keywords=("document",))
def file_name(make: Make) -> Made:
    """Two words and the extension."""
    made = Words(make, "en_US")
    extension = Take(_TYPE, "extension", PoolIndex(make.entity_key("file"), _TYPE, make.row))
    return Made(join(made.word("0", "slug"), "_", made.word("1", "slug"), ".", extension), STRING, None)


@generator("file.file_size", "A file's size in bytes", output="bigint", keywords=("bytes", "length"))
def file_size(make: Make) -> Made:
    """1 byte to 4 GiB, half below 150 kB."""
    if make.unique:
        return Made(add(make.index(2**32), 1), BIGINT, 2**32, unique=True)
    return Made(Shaped(make.key("value"), "lognormal", 1, 2**32, "150000", "2.5", make.at), BIGINT, 2**32)


def _home(make: Make) -> Op:
    return join("/home/", Person.of(make).first("slug"))


@generator("file.home", "A home directory", aliases=("user_home", "path_user"), keywords=("path",))
def home(make: Make) -> Made:
    """Of the row's person."""
    return Made(_home(make), STRING, None)


@generator("file.user_folder", "A folder in a home directory", keywords=("path",))
def user_folder(make: Make) -> Made:
    """Of the row's person."""
    names = ("Desktop", "Documents", "Downloads", "Movies", "Music", "Pictures", "Public", "Templates")
    return Made(join(_home(make), "/", Values(names, Uniform(make.key("folder"), 0, len(names) - 1, make.at))), STRING, None)


@generator("file.dev_dir", "A folder of programs in a home directory", keywords=("path",))
def dev_dir(make: Make) -> Made:
    """Of the row's person and a language."""
    return Made(join(_home(make), "/dev/", word(make, "tech/programming_language", "name", "language")), STRING, None)


@generator("file.project_dir", "A project's folder", keywords=("path", "repository"))
def project_dir(make: Make) -> Made:
    """In the folder of programs."""
    return Made(join(dev_dir(make).op, "/", Words(make, "en_US").word("project", "slug")), STRING, None)


@generator("file.file_path", "A file's whole path", aliases=("filepath",), keywords=("document",))
def file_path(make: Make) -> Made:
    """In a folder of the row's person."""
    return Made(join(user_folder(make).op, "/", file_name(make).op), STRING, None)


@generator("file.path_root", "The root of a file system", keywords=("path",))
def path_root(make: Make) -> Made:
    """Of Unix and Windows."""
    return Made(Values(("/", "C:\\"), make.index(2)), STRING, 2, unique=make.unique)
