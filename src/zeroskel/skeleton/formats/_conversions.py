"""Advice for files of programs whose format is not read: how to convert them to one that is."""

from pathlib import Path

_FBX = (
    'blender --background --python-expr "import bpy; bpy.ops.wm.read_factory_settings(use_empty=True); '
    "bpy.ops.import_scene.fbx(filepath='{name}'); bpy.ops.export_scene.gltf(filepath='{stem}.glb')\""
)
_BLEND = "blender {name} --background --python-expr \"import bpy; bpy.ops.export_scene.gltf(filepath='{stem}.glb')\""
_ADVICE = {  # suffixes -> what the file is, and what to do with it
    ".fbx": ("an FBX file", f"Convert it with Blender: {_FBX}"),
    ".blend": ("a Blender file", f"Convert it with Blender: {_BLEND}"),
    ".dae .usd .usda .usdc .usdz .abc .x3d .ma .mb .max .c4d .anim": (
        "a scene of a 3-D program",
        "Export its animated skeleton as .glb or .bvh, for example with Blender",
    ),
    ".vmd .pmx .pmd": (
        "a MikuMikuDance file",
        "Import model and motion in Blender (MMD Tools) and export them as .bvh",
    ),
    ".pt .pth .joblib .pickle": (
        "Python objects, which can run code when loaded",
        "Save the joints with numpy.savez(file, joints=joints, fps=fps), SMPL rotations as poses, trans and "
        "mocap_framerate",
    ),
    ".mvn": ("a recording of Xsens MVN", "Export it as .mvnx or .bvh in MVN"),
    ".tak .qtm .x1d .x2d .x2b .vdf .cap .htr .gtr": (
        "a recording of a motion capture system",
        "Export it as .c3d or .bvh",
    ),
    ".asf": ("an Acclaim skeleton, which does not move", "Read the .amc file beside it"),
    ".bin": ("the numbers of another file", "Read the .gltf file beside it"),
    ".xls .xlsx .xlsm .ods .numbers": ("a spreadsheet", "Save the sheet as CSV"),
    ".parquet .feather .arrow": ("a table in binary form", "Save it as CSV, for example with pandas"),
    ".xef .oni .bag .rrf .klog": (
        "a recording of a depth camera",
        "Export the joints that its program tracked, as CSV or JSON",
    ),
    ".zip .gz .bz2 .xz .tar .tgz .7z .rar": ("an archive", "Unpack it and read one recording"),
    ".png .jpg .jpeg .bmp .tif .tiff .gif .webp": (
        "a picture",
        "Read the video, or joints that a pose estimator found",
    ),
    ".mpg .mpeg .wmv .flv .ts .mts .m2ts .3gp .ogv .vob": ("a video", "Convert it: ffmpeg -i {name} {stem}.mp4"),
    ".mp4 .m4v .mov .avi .mkv .webm": ("a video", "Read it where it lies, with zeroskel.read or zeroskel predict"),
}
_HEADS = {b"Kaydara FBX": ".fbx", b"; FBX": ".fbx", b"BLENDER": ".blend"}  # the first bytes


def advice(file: Path, head: bytes) -> tuple[str, str] | None:
    """Return what a file of another program is and how to convert it; None where that is not known."""
    if not head:
        return None
    suffix = next((known for start, known in _HEADS.items() if head.startswith(start)), file.suffix.lower())
    for suffixes, (kind, remedy) in _ADVICE.items():
        if suffix in suffixes.split():
            return kind, remedy.replace("{name}", file.name).replace("{stem}", file.stem)
    return None
