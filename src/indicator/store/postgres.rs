//! PostgreSQL: observations go in by COPY.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;

use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, CopyInWriter, NoTls};

use super::{Database, EachRow, Fill, Sink, Sql, StoreError};
use crate::area::{Flag, Observation};

pub(super) struct Postgres {
    client: Client,
}

impl Postgres {
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Postgres { client: Client::connect(url, NoTls)? })
    }
}

/// The server's own words, which the error keeps as its cause.
pub(super) fn said(error: &postgres::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl ToSql for Sql {
    fn to_sql(&self, kind: &Type, out: &mut bytes::BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Sql::Null => Ok(IsNull::Yes),
            Sql::Int(int) => int.to_sql(kind, out),
            Sql::Real(real) => real.to_sql(kind, out),
            Sql::Text(text) => text.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn taken(row: &postgres::Row, at: usize) -> Sql {
    match row.columns().get(at).map(postgres::Column::type_) {
        Some(&Type::INT8) => row.try_get::<_, Option<i64>>(at).ok().flatten().map_or(Sql::Null, Sql::Int),
        Some(&Type::FLOAT8) => row.try_get::<_, Option<f64>>(at).ok().flatten().map_or(Sql::Null, Sql::Real),
        Some(&Type::TEXT) => row.try_get::<_, Option<String>>(at).ok().flatten().map_or(Sql::Null, Sql::Text),
        _ => Sql::Null,
    }
}

impl Database for Postgres {
    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        Ok(self.client.batch_execute(sql)?)
    }

    fn execute(&mut self, sql: &str, parameters: &[Sql]) -> Result<u64, StoreError> {
        let parameters: Vec<&(dyn ToSql + Sync)> =
            parameters.iter().map(|p| p as &(dyn ToSql + Sync)).collect();
        Ok(self.client.execute(sql, &parameters)?)
    }

    fn query(&mut self, sql: &str, parameters: &[Sql], each: &mut EachRow<'_>) -> Result<(), StoreError> {
        let mut rows = self.client.query_raw(sql, parameters)?;
        while let Some(row) = rows.next()? {
            each(&mut |at| taken(&row, at))?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        // Imports are numbered one after another, so they are made one after another; readers are not kept waiting.
        self.batch("BEGIN; SELECT pg_advisory_xact_lock(7108112)")
    }

    fn fill(&mut self, import: i64, fill: &mut Fill<'_>) -> Result<(), StoreError> {
        let writer = self.client.copy_in(
            "COPY observation (import, series, area, value, lower_limit, upper_limit, numerator, denominator, flag) FROM STDIN",
        )?;
        let mut copy = Copy { writer, import, line: String::new() };
        // A writer that is dropped unfinished takes back what it wrote.
        fill(&mut copy)?;
        copy.writer.finish()?;
        Ok(())
    }
}

struct Copy<'a> {
    writer: CopyInWriter<'a>,
    import: i64,
    line: String,
}

impl Sink for Copy<'_> {
    fn put(&mut self, series: u32, area: &str, o: &Observation) -> Result<(), StoreError> {
        self.line.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.line, "{}\t{series}\t", self.import);
        for c in area.chars() {
            match c {
                '\\' => self.line.push_str("\\\\"),
                '\t' => self.line.push_str("\\t"),
                c => self.line.push(c),
            }
        }
        for number in [o.value(), o.lower(), o.upper(), o.count(), o.denominator()] {
            match number {
                Some(number) => {
                    let _ = write!(self.line, "\t{number}");
                }
                None => self.line.push_str("\t\\N"),
            }
        }
        self.line.push('\t');
        self.line.push_str(o.flag.map_or("\\N", Flag::as_str));
        self.line.push('\n');
        self.writer.write_all(self.line.as_bytes()).map_err(|e| StoreError::Damaged(e.to_string()))
    }
}
