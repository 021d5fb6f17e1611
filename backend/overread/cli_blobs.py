"""``overread blobs``: films, maps and networks from the data folder into a bucket, or back."""

from collections import Counter
from typing import Annotated

import typer
from rich.progress import Progress, TaskID

from overread.bucket import Bucket
from overread.console import AsJson, console, file_counter, show
from overread.services.moving import Outcome, copy_to_bucket, copy_to_folder
from overread.settings import Settings
from overread.storage import BlobStore

app = typer.Typer(no_args_is_help=True, help="Films, maps and networks from the data folder into a bucket, or back.")
Address = Annotated[str, typer.Argument(help="s3://BUCKET/FOLDER; keys and endpoint come from AWS_… (docs: Operate).")]


@app.command("to-bucket")
def to_bucket(address: Address, as_json: AsJson = False) -> None:
    """Copy all blobs of the data folder, each read again from the bucket; then set OVERREAD_BUCKET for every part."""
    bucket = Bucket(address)
    with file_counter() as progress:
        task = progress.add_task(f"to {bucket.address}", total=None)
        found = copy_to_bucket(_folder(), bucket, lambda name, outcome: _line(progress, task, name, outcome))
    _tell(found, as_json)


@app.command("to-folder")
def to_folder(address: Address, as_json: AsJson = False) -> None:
    """Copy all blobs of the bucket into the data folder, each checked; then unset OVERREAD_BUCKET."""
    bucket = Bucket(address)
    with file_counter() as progress:
        task = progress.add_task(f"from {bucket.address}", total=None)
        found = copy_to_folder(bucket, _folder(), lambda name, outcome: _line(progress, task, name, outcome))
    _tell(found, as_json)


def _folder() -> BlobStore:
    settings = Settings()
    return BlobStore(settings.blob_folder, settings.disk_reserve)


def _line(progress: Progress, task: TaskID, name: str, outcome: Outcome) -> None:
    progress.advance(task)
    if outcome == "damaged":
        console.print(f"{name}: its bytes no longer match its name; it was not copied. Restore it from a backup.")


def _tell(found: Counter[Outcome], as_json: bool) -> None:
    if as_json:
        show(dict(found), True)
    else:
        show([f"{found['copied']} copied, {found['there']} there already, {found['damaged']} damaged"], False)
    raise typer.Exit(1 if found["damaged"] else 0)
