"""Write the pages of docs/reference that are derived from the code; a test holds them equal."""

from pathlib import Path

from outcry.runtime import reject_page
from outcry.runtime.config import describe


ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "docs/reference/configuration.md": describe.reference,
    "docs/reference/rejects.md": reject_page.reference,
}


def main() -> None:
    """Write every page."""
    for path, text in PAGES.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text(), "utf-8")
        print(path)


if __name__ == "__main__":
    main()
