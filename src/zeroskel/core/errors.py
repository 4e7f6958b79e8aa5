"""Errors that users see: each message says what is wrong, where, what was expected and what to do."""


class ZeroskelError(Exception):
    """Base of all errors that this package raises on purpose."""


class InputError(ZeroskelError, ValueError):
    """A value, file or option that the user gave cannot be used; the command line exits with status 2."""


class SkeletonFormatError(InputError):
    """A skeleton file is damaged or its format is unknown."""


class LayoutError(InputError):
    """A joint layout is unknown or does not match the joints."""


class FileLayoutError(SkeletonFormatError, LayoutError):
    """The joints of a skeleton file match no layout, or not the requested one."""


class SplitError(InputError):
    """A class split is unknown, or names classes that the dataset does not have."""


class MissingFileError(ZeroskelError, FileNotFoundError):
    """A file or folder does not exist; the command line exits with status 2."""


class NotFittedError(ZeroskelError, ValueError, AttributeError):
    """A method or encoder was used before `fit`."""


class DivergedError(ZeroskelError):
    """The scores of a method are not finite numbers because its training diverged."""
