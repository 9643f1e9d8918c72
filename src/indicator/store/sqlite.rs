//! SQLite: one file beside the program, written ahead so that reads go on while an import runs.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::{Database, EachRow, Fill, Sink, Sql, StoreError};
use crate::area::{Flag, Observation};

/// How long one program waits for another that writes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        // A power cut may lose the last commit, never part of one; the answer to an import is given after it.
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
        Ok(Sqlite { connection })
    }

    pub(super) fn in_memory() -> Result<Self, StoreError> {
        Ok(Sqlite { connection: Connection::open_in_memory()? })
    }
}

impl ToSql for Sql {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Sql::Null => ValueRef::Null,
            Sql::Int(int) => ValueRef::Integer(*int),
            Sql::Real(real) => ValueRef::Real(*real),
            Sql::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl Database for Sqlite {
    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch(sql)?)
    }

    fn execute(&mut self, sql: &str, parameters: &[Sql]) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.execute(params_from_iter(parameters))? as u64)
    }

    fn query(&mut self, sql: &str, parameters: &[Sql], each: &mut EachRow<'_>) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query(params_from_iter(parameters))?;
        while let Some(row) = rows.next()? {
            each(&mut |at| match row.get_ref(at) {
                Ok(ValueRef::Integer(int)) => Sql::Int(int),
                Ok(ValueRef::Real(real)) => Sql::Real(real),
                Ok(ValueRef::Text(text)) => Sql::Text(String::from_utf8_lossy(text).into_owned()),
                Ok(ValueRef::Null | ValueRef::Blob(_)) | Err(_) => Sql::Null,
            })?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        // At once the writer: two that read first and write then could only fail each other.
        self.batch("BEGIN IMMEDIATE")
    }

    fn fill(&mut self, import: i64, fill: &mut Fill<'_>) -> Result<(), StoreError> {
        let insert = self.connection.prepare(
            "INSERT INTO observation (import, series, area, value, lower_limit, upper_limit, numerator, denominator, flag) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        fill(&mut Insert { insert, import })
    }
}

struct Insert<'a> {
    insert: rusqlite::Statement<'a>,
    import: i64,
}

impl Sink for Insert<'_> {
    fn put(&mut self, series: u32, area: &str, o: &Observation) -> Result<(), StoreError> {
        self.insert.execute((
            self.import,
            series,
            area,
            o.value(),
            o.lower(),
            o.upper(),
            o.count(),
            o.denominator(),
            o.flag.map(Flag::as_str),
        ))?;
        Ok(())
    }
}
