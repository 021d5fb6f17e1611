"""Films by their number."""

from sqlalchemy.orm import Session

from overread.db.tables import Image
from overread.domain.errors import NotFound


def get_image(session: Session, image_id: int) -> Image:
    """The film, or NotFound."""
    image = session.get(Image, image_id)
    if image is None:
        raise NotFound(f"There is no image {image_id}.")
    return image
