"""Names of an installation of before become one a person, and nobody is lost."""

from sqlalchemy import create_engine, text

from overread.db.session import Database
from overread.services.people import accounts
from tests.conftest import _database
from tests.migrating import migrate

BEFORE = "e83d0b5c61fa"


def test_two_spellings_of_before_are_two_accounts_still(database_url: str) -> None:
    with _database(database_url, "template0") as url:
        migrate(url, BEFORE)
        engine = create_engine(url)
        with engine.begin() as connection:
            for name in ("Ada", "bob", "ada", "e\u0301va", "\u00e9va"):
                connection.execute(text("insert into account (name, role) values (:name, 'reader')"), {"name": name})
        engine.dispose()
        migrate(url)
        database = Database(url)
        with database.transaction() as session:
            names = ["ADA", "bob", "ada (3)", "\u00c9VA", "\u00e9va (5)"]
            assert [accounts.find_named(session, name).id for name in names] == [1, 2, 3, 4, 5]
        database.engine.dispose()
