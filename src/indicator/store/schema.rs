//! The tables, version by version. A version that was ever released is never edited: a change is a new one.

use super::{Database, StoreError};

/// Each step from one version to the next, in SQL that both databases read.
pub(super) const STEPS: [&str; 2] = [
    "CREATE TABLE import (
        id BIGINT PRIMARY KEY,
        file TEXT NOT NULL,
        format TEXT NOT NULL,
        created TEXT NOT NULL,
        rows_read BIGINT NOT NULL,
        rows_stored BIGINT NOT NULL,
        report TEXT NOT NULL,
        withdrawn TEXT
    );
    CREATE TABLE import_indicator (
        import BIGINT NOT NULL,
        id TEXT NOT NULL,
        definition TEXT NOT NULL,
        PRIMARY KEY (import, id)
    );
    CREATE TABLE series (
        import BIGINT NOT NULL,
        number BIGINT NOT NULL,
        indicator TEXT NOT NULL,
        period_start TEXT,
        period_months BIGINT,
        period_text TEXT NOT NULL,
        sex TEXT NOT NULL,
        age TEXT NOT NULL,
        category TEXT NOT NULL,
        PRIMARY KEY (import, number)
    );
    CREATE TABLE observation (
        import BIGINT NOT NULL,
        series BIGINT NOT NULL,
        area TEXT NOT NULL,
        value DOUBLE PRECISION,
        lower_limit DOUBLE PRECISION,
        upper_limit DOUBLE PRECISION,
        numerator DOUBLE PRECISION,
        denominator DOUBLE PRECISION,
        flag TEXT
    );
    CREATE INDEX observation_of_import ON observation (import);",
    "CREATE TABLE indicator (
        id TEXT PRIMARY KEY,
        settings TEXT NOT NULL,
        hidden_through BIGINT NOT NULL
    );
    CREATE TABLE token (
        name TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        created TEXT NOT NULL
    );",
];

/// Brings the tables to the latest version.
pub(super) fn migrate(database: &mut dyn Database) -> Result<(), StoreError> {
    migrate_to(database, STEPS.len())
}

pub(super) fn migrate_to(database: &mut dyn Database, version: usize) -> Result<(), StoreError> {
    database.batch("CREATE TABLE IF NOT EXISTS levelmap_schema (version BIGINT NOT NULL)")?;
    database.begin()?;
    match steps(database, version) {
        Ok(()) => database.batch("COMMIT"),
        Err(error) => {
            // The first error is the one to tell.
            let _ = database.batch("ROLLBACK");
            Err(error)
        }
    }
}

fn steps(database: &mut dyn Database, version: usize) -> Result<(), StoreError> {
    let mut found = 0;
    database.query("SELECT COALESCE(MAX(version), 0) FROM levelmap_schema", &[], &mut |row| {
        found = row(0).into_int()?;
        Ok(())
    })?;
    let known = STEPS.len() as i64;
    let done = usize::try_from(found).ok().filter(|done| *done <= STEPS.len());
    let done = done.ok_or(StoreError::Newer { found, known })?;
    for (at, step) in STEPS.iter().enumerate().take(version).skip(done) {
        database.batch(step)?;
        database.batch(&format!("INSERT INTO levelmap_schema (version) VALUES ({})", at + 1))?;
    }
    Ok(())
}
