"""Recipes to find and read each dataset that `zeroskel data prepare` knows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zeroskel.core import InputError
from zeroskel.datasets._recipe_parts import LeftOut, Listing, LongRecording, Recording, Task
from zeroskel.datasets.catalog import _folder, _hdm05, _pku_mmd, _pyskl, _utkinect
from zeroskel.datasets.catalog._image_poses import find_jhmdb, find_penn_action, read_jhmdb, read_penn_action
from zeroskel.datasets.catalog._numbered import (
    FLORENCE3D,
    KARD,
    KINDER_GATOR,
    MSR_ACTION3D,
    NTU_60,
    NTU_120,
    NW_UCLA,
    UTD_MHAD,
)


@dataclass(frozen=True)
class Recipe:
    """Recipe that turns a source into recordings.

    Attributes:
        find: files of the source -> what they hold. Raises InputError when nothing fits.
        read: a task -> its recordings. Raises SkeletonFormatError for a broken file.
        source: the publication.
        read_long: a task -> its whole recording, where the actions of one follow each other in the files.
        takes_class_names: `find` takes class names as a second argument, where the source has none.
        takes_reading: `find` takes the options of `zeroskel.read` as a second argument.
    """

    find: Callable[..., Listing]
    read: Callable[[Task], Sequence[Recording | LeftOut]]
    source: str
    read_long: Callable[[Task], LongRecording] | None = None
    takes_class_names: bool = False
    takes_reading: bool = False


RECIPES: dict[str, Recipe] = {
    "ntu60": Recipe(NTU_60.find, NTU_60.read, "Shahroudy et al., NTU RGB+D, CVPR 2016"),
    "ntu120": Recipe(NTU_120.find, NTU_120.read, "Liu et al., NTU RGB+D 120, TPAMI 2019"),
    "pku-mmd": Recipe(_pku_mmd.find, _pku_mmd.read, "Liu et al., PKU-MMD, 2017 (part 1)", _pku_mmd.read_long),
    "utd-mhad": Recipe(UTD_MHAD.find, UTD_MHAD.read, "Chen, Jafari, Kehtarnavaz, UTD-MHAD, ICIP 2015"),
    "msr-action3d": Recipe(MSR_ACTION3D.find, MSR_ACTION3D.read, "Li, Zhang, Liu, CVPR Workshops 2010"),
    "utkinect": Recipe(_utkinect.find, _utkinect.read, "Xia, Chen, Aggarwal, CVPR Workshops 2012", _utkinect.read_long),
    "nw-ucla": Recipe(NW_UCLA.find, NW_UCLA.read, "Wang, Nie, Xia, Wu, Zhu, CVPR 2014"),
    "kinder-gator": Recipe(KINDER_GATOR.find, KINDER_GATOR.read, "Aloba et al., Kinder-Gator, Eurographics 2018"),
    "kard": Recipe(KARD.find, KARD.read, "Gaglio, Lo Re, Morana, KARD, IEEE THMS 2015"),
    "florence3d": Recipe(FLORENCE3D.find, FLORENCE3D.read, "Seidenari et al., Florence 3D, CVPR Workshops 2013"),
    "hdm05": Recipe(_hdm05.find, _hdm05.read, "Müller et al., HDM05, Universität Bonn 2007"),
    "penn-action": Recipe(find_penn_action, read_penn_action, "Zhang, Zhu, Derpanis, Penn Action, ICCV 2013"),
    "jhmdb": Recipe(find_jhmdb, read_jhmdb, "Jhuang et al., JHMDB, ICCV 2013"),
    "pyskl": Recipe(_pyskl.find, _pyskl.read, "annotations of PYSKL (Duan et al., 2022)", takes_class_names=True),
    "folder": Recipe(_folder.find, _folder.read, "a folder of recordings", takes_reading=True),
    "npz": Recipe(_folder.find_npz, _folder.read_npz, "an .npz of labelled sequences"),
}


def get_recipe(name: str) -> Recipe:
    """Return the recipe of that name. Raises InputError for an unknown one."""
    if name not in RECIPES:
        raise InputError(f"unknown dataset {name!r}; expected one of {', '.join(RECIPES)}")
    return RECIPES[name]
