"""What an HDF5 file holds itself: nothing of it leads to other files, or to more than is stored."""

from typing import Any

# A compressed file may declare so many times the bytes that it stores, and a small one some more.
RATIO = 20
SMALL = 1 << 20


def check_contents(file: Any) -> None:
    """Refuse links, values that lie in other files, and shapes that are declared but not stored.

    HDF5 follows these without a word. No file of Keras has any.

    Args:
        file: An open `h5py.File`.

    Raises:
        ValueError: If there is one.
    """
    import h5py

    groups, seen = [file], set()
    while groups:
        group = groups.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name} is a link to elsewhere")
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(item, h5py.Group):
                groups.append(item)
            elif isinstance(item, h5py.Dataset):
                _check_values(name, item)


def _check_values(name: str, values: Any) -> None:
    if values.is_virtual or values.external:
        raise ValueError(f"the values of {name} lie in another file")
    stored = values.id.get_storage_size()
    if values.nbytes > SMALL + RATIO * stored:
        raise ValueError(f"{name} is {values.shape}, but only {stored} bytes are stored")
