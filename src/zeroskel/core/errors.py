"""Errors that people meet: each says where, what was found, what was expected and what to do."""


class ZeroskelError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(ZeroskelError, ValueError):
    """A value, file or option that the user gave cannot be used; the command line exits 2 on it."""


class SkeletonFormatError(InputError):
    """A skeleton file is broken or of an unknown format."""


class LayoutError(InputError):
    """A joint layout is unknown or does not fit the joints given."""


class FileLayoutError(SkeletonFormatError, LayoutError):
    """The joints of a skeleton file fit no layout, or not the one wanted."""


class SplitError(InputError):
    """A class split is unknown, or names classes that the data set does not have."""


class MissingFileError(ZeroskelError, FileNotFoundError):
    """A file or folder that was named is not there; the command line exits 2 on it."""


class NotFittedError(ZeroskelError, ValueError, AttributeError):
    """A fitted method was asked for something before `fit`."""


class DivergedError(ZeroskelError):
    """A method's scores are not finite numbers: its training diverged."""
