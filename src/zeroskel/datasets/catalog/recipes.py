"""How each data set that `zeroskel data prepare` knows is found and read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zeroskel.core import InputError
from zeroskel.datasets.catalog import (
    arrays,
    florence3d,
    folder,
    hdm05,
    jhmdb,
    kard,
    kinder_gator,
    msr_action3d,
    ntu,
    nw_ucla,
    penn_action,
    pku_mmd,
    pyskl,
    utd_mhad,
    utkinect,
)
from zeroskel.datasets.recording import LeftOut, Listing, Recording, Task


@dataclass(frozen=True)
class Recipe:
    """How a source becomes recordings.

    Attributes:
        find: files of the source -> what they hold. Raises InputError when nothing fits.
        read: a task -> its recordings. Raises SkeletonFormatError for a broken file.
        source: the publication.
        takes_class_names: `find` takes class names as a second argument, where the source has none.
    """

    find: Callable[..., Listing]
    read: Callable[[Task], Sequence[Recording | LeftOut]]
    source: str
    takes_class_names: bool = False


RECIPES: dict[str, Recipe] = {
    "ntu60": Recipe(ntu.find_60, ntu.read, "Shahroudy et al., NTU RGB+D, CVPR 2016"),
    "ntu120": Recipe(ntu.find_120, ntu.read, "Liu et al., NTU RGB+D 120, TPAMI 2019"),
    "pku-mmd": Recipe(pku_mmd.find, pku_mmd.read, "Liu et al., PKU-MMD, 2017 (part 1)"),
    "utd-mhad": Recipe(utd_mhad.find, utd_mhad.read, "Chen, Jafari, Kehtarnavaz, UTD-MHAD, ICIP 2015"),
    "msr-action3d": Recipe(msr_action3d.find, msr_action3d.read, "Li, Zhang, Liu, CVPR Workshops 2010"),
    "utkinect": Recipe(utkinect.find, utkinect.read, "Xia, Chen, Aggarwal, CVPR Workshops 2012"),
    "nw-ucla": Recipe(nw_ucla.find, nw_ucla.read, "Wang, Nie, Xia, Wu, Zhu, CVPR 2014"),
    "kinder-gator": Recipe(kinder_gator.find, kinder_gator.read, "Aloba et al., Kinder-Gator, Eurographics 2018"),
    "kard": Recipe(kard.find, kard.read, "Gaglio, Lo Re, Morana, KARD, IEEE THMS 2015"),
    "florence3d": Recipe(florence3d.find, florence3d.read, "Seidenari et al., Florence 3D, CVPR Workshops 2013"),
    "hdm05": Recipe(hdm05.find, hdm05.read, "Müller et al., HDM05, Universität Bonn 2007"),
    "penn-action": Recipe(penn_action.find, penn_action.read, "Zhang, Zhu, Derpanis, Penn Action, ICCV 2013"),
    "jhmdb": Recipe(jhmdb.find, jhmdb.read, "Jhuang et al., JHMDB, ICCV 2013"),
    "pyskl": Recipe(pyskl.find, pyskl.read, "an annotation file of PYSKL (Duan et al., 2022)", takes_class_names=True),
    "folder": Recipe(folder.find, folder.read, "a folder of recordings"),
    "npz": Recipe(arrays.find, arrays.read, "an .npz of labelled sequences"),
}


def get_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises InputError for an unknown one."""
    if name not in RECIPES:
        raise InputError(f"unknown data set {name!r}; expected one of {', '.join(RECIPES)}")
    return RECIPES[name]
