"""Pure functions on skeletons: bodies, layouts, geometry, time and SMIE's temporal mask."""

from zeroskel.skeleton.transforms.bodies import choose_main_bodies, denoise_bodies, main_actors, merge_bodies
from zeroskel.skeleton.transforms.geometry import centre, face_camera, mirror, rotate, scale_by_torso
from zeroskel.skeleton.transforms.layouts import LayoutMapping, convert_layout, layout_mapping
from zeroskel.skeleton.transforms.masking import low_motion_frames, motion_energy, temporal_mask
from zeroskel.skeleton.transforms.time import fill_gaps, observe_first, resample

__all__ = [
    "LayoutMapping",
    "centre",
    "choose_main_bodies",
    "convert_layout",
    "denoise_bodies",
    "face_camera",
    "fill_gaps",
    "layout_mapping",
    "low_motion_frames",
    "main_actors",
    "merge_bodies",
    "mirror",
    "motion_energy",
    "observe_first",
    "resample",
    "rotate",
    "scale_by_torso",
    "temporal_mask",
]
