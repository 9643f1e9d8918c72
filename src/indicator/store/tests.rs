use super::*;
use crate::indicator::store::schema::{STEPS, migrate_to};

fn file() -> (tempfile::TempDir, StoreUrl) {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("levelmap.db"));
    (folder, url)
}

#[test]
fn urls_are_read_and_hide_passwords() {
    assert_eq!("sqlite:a.db".parse(), Ok(StoreUrl::Sqlite("a.db".into())));
    let postgres: StoreUrl = "postgres://me:secret@host/db".parse().unwrap();
    assert_eq!(postgres.to_string(), "postgres://...");
    assert!("mysql://x".parse::<StoreUrl>().is_err());
    assert!("sqlite:".parse::<StoreUrl>().is_err());
}

/// Every version that ever was is brought to the latest, with what it holds.
#[test]
fn every_earlier_schema_is_brought_up_to_date() {
    for version in 0..=STEPS.len() {
        let (_folder, url) = file();
        let StoreUrl::Sqlite(path) = &url else { unreachable!("made above") };
        let mut database = sqlite::Sqlite::open(path).unwrap();
        migrate_to(&mut database, version).unwrap();
        if version >= 1 {
            let sql =
                "INSERT INTO import VALUES (7, 'old.csv', 'tidy', '2026-01-01T00:00:00Z', 1, 1, '{}', NULL)";
            database.batch(sql).unwrap();
        }
        drop(database);
        let mut store = Store::open(&url).unwrap();
        let imports = store.imports().unwrap();
        assert_eq!(imports.len(), usize::from(version >= 1), "version {version}");
        store.add_token("a", "t").unwrap();
        // A second opening changes nothing.
        drop(store);
        assert_eq!(Store::open(&url).unwrap().token_count().unwrap(), 1);
    }
}

#[test]
fn a_store_of_a_later_program_is_left_alone() {
    let (_folder, url) = file();
    let StoreUrl::Sqlite(path) = &url else { unreachable!("made above") };
    Store::open(&url).unwrap();
    sqlite::Sqlite::open(path).unwrap().batch("INSERT INTO levelmap_schema VALUES (99)").unwrap();
    let error = Store::open(&url).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 2 }), "{error}");
}
