//! The store, the same tests on SQLite and on PostgreSQL.
//!
//! PostgreSQL is the server that `LEVELMAP_TEST_POSTGRES` names; each test makes a database of its own in it. Without it
//! those tests say that they are left out; in CI that is an error.

use std::sync::atomic::{AtomicU32, Ordering};

use levelmap::area::{Flag, Indicator, IndicatorId, Observation};
use levelmap::indicator::describe;
use levelmap::indicator::store::{Recorded, SeriesKey, Sink, Store, StoreError, StoreUrl};
use tempfile::TempDir;

static MADE: AtomicU32 = AtomicU32::new(0);

/// Every kind of store that there is here, each empty.
pub fn stores() -> Vec<(Option<TempDir>, StoreUrl)> {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = StoreUrl::Sqlite(folder.path().join("levelmap.db"));
    let mut all = vec![(Some(folder), sqlite)];
    match std::env::var("LEVELMAP_TEST_POSTGRES").ok() {
        Some(server) => {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let name = format!("levelmap_test_{}_{number}", std::process::id());
            let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
            client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
            let (base, _) = server.rsplit_once('/').unwrap();
            all.push((None, StoreUrl::Postgres(format!("{base}/{name}"))));
        }
        None if std::env::var("CI").is_ok() => panic!("LEVELMAP_TEST_POSTGRES names no server"),
        None => eprintln!("left out on PostgreSQL: LEVELMAP_TEST_POSTGRES names no server"),
    }
    all
}

fn id(text: &str) -> IndicatorId {
    text.parse().unwrap()
}

fn indicator(name: &str) -> Indicator {
    describe::indicator(id(name), name, "Number", "", "a test")
}

fn key(name: &str, period: &str, sex: &str) -> SeriesKey {
    SeriesKey {
        indicator: id(name),
        period: Some(period.parse().unwrap()),
        period_text: period.to_owned(),
        sex: sex.to_owned(),
        age: String::new(),
        category: String::new(),
    }
}

fn value(value: f64) -> Observation {
    Observation::of(value).between(value - 1.0, None).counted(3.0, None)
}

fn import(store: &mut Store, rows: &[(&str, Observation)]) -> Result<i64, StoreError> {
    store.import(
        |sink: &mut dyn Sink| rows.iter().try_for_each(|(area, o)| sink.put(0, area, o)),
        |_| {
            Ok(Recorded {
                file: "a.csv".into(),
                format: "tidy".into(),
                rows_read: rows.len() as u64,
                rows_stored: rows.len() as u64,
                indicators: vec![indicator("jobs")],
                series: vec![key("jobs", "2022-24", "Male")],
                report: "{}".into(),
            })
        },
    )
}

fn of(store: &mut Store, area: &str) -> Option<Observation> {
    let published = store.published().unwrap();
    let series = published.indicators().first()?.series.first()?.clone();
    assert_eq!((series.sex.as_str(), series.period.unwrap().to_string().as_str()), ("Male", "2022-24"));
    series.of(published.number_of(&area.parse().unwrap())?)
}

#[test]
fn what_goes_in_comes_out() {
    for (_folder, url) in stores() {
        let mut store = Store::open(&url).unwrap();
        let withheld = Observation::none(Flag::Suppressed);
        let odd = "tab\\code";
        let first =
            import(&mut store, &[("E08000035", value(4.25)), ("E08000036", withheld), (odd, value(-0.0))]);
        assert_eq!(first.unwrap(), 1);
        assert_eq!(of(&mut store, "E08000035"), Some(value(4.25)));
        assert_eq!(of(&mut store, "E08000036"), Some(withheld));
        assert_eq!(of(&mut store, odd), Some(value(-0.0)));
        assert_eq!(of(&mut store, "E08000037"), None);
    }
}

#[test]
fn later_imports_cover_earlier_ones_until_they_are_withdrawn() {
    for (_folder, url) in stores() {
        let mut store = Store::open(&url).unwrap();
        import(&mut store, &[("E1", value(1.0)), ("E2", value(2.0))]).unwrap();
        let before = store.published().unwrap().fingerprint().to_owned();
        let second = import(&mut store, &[("E1", value(9.0))]).unwrap();
        assert_eq!(of(&mut store, "E1"), Some(value(9.0)));
        assert_eq!(of(&mut store, "E2"), Some(value(2.0)), "what the later file does not have stays");
        assert_ne!(store.published().unwrap().fingerprint(), before);
        assert!(store.withdraw(second).unwrap());
        assert_eq!(of(&mut store, "E1"), Some(value(1.0)));
        assert!(!store.withdraw(second).unwrap(), "once is enough");
        assert!(!store.withdraw(99).unwrap());
        let listed = store.imports().unwrap();
        assert_eq!(
            listed.iter().map(|i| (i.id, i.withdrawn.is_some())).collect::<Vec<_>>(),
            [(2, true), (1, false)]
        );
    }
}

#[test]
fn an_import_that_fails_leaves_nothing() {
    for (_folder, url) in stores() {
        let mut store = Store::open(&url).unwrap();
        let failed = store.import(
            |sink: &mut dyn Sink| sink.put(0, "E1", &value(1.0)),
            |_| Err(StoreError::Damaged("on purpose".into())),
        );
        assert!(matches!(failed, Err(StoreError::Damaged(why)) if why == "on purpose"));
        let failed = store.import(
            |sink: &mut dyn Sink| {
                sink.put(0, "E1", &value(1.0))?;
                Err(StoreError::Damaged("half way".into()))
            },
            |_| panic!("nothing to record"),
        );
        assert!(matches!(failed, Err(StoreError::Damaged(why)) if why == "half way"));
        assert_eq!(store.imports().unwrap(), []);
        assert!(store.published().unwrap().indicators().is_empty());
        // And the store still works.
        assert_eq!(import(&mut store, &[("E1", value(1.0))]).unwrap(), 1);
    }
}

#[test]
fn settings_go_before_what_a_file_says() {
    for (_folder, url) in stores() {
        let mut store = Store::open(&url).unwrap();
        import(&mut store, &[("E1", value(1.0))]).unwrap();
        store.set_indicator(&id("jobs"), r#"{"polarity": "high-is-good", "title": "Jobs"}"#).unwrap();
        let published = store.published().unwrap();
        assert_eq!(published.indicators()[0].indicator.title, "Jobs");
        assert_eq!(published.indicators()[0].indicator.polarity, levelmap::area::Polarity::HighIsGood);
        store.remove_indicator(&id("jobs")).unwrap();
        assert!(store.published().unwrap().indicators().is_empty());
        import(&mut store, &[("E1", value(2.0))]).unwrap();
        assert_eq!(of(&mut store, "E1"), Some(value(2.0)), "a later import counts again");
        assert_eq!(store.published().unwrap().indicators()[0].indicator.title, "jobs");
    }
}

#[test]
fn tokens_are_kept_as_hashes() {
    for (_folder, url) in stores() {
        let mut store = Store::open(&url).unwrap();
        assert_eq!(store.token_count().unwrap(), 0);
        store.add_token("analyst", "lm_secret").unwrap();
        assert!(store.add_token("analyst", "lm_other").is_err(), "one name, one token");
        assert_eq!(store.token_name("lm_secret").unwrap().as_deref(), Some("analyst"));
        assert_eq!(store.token_name("lm_wrong").unwrap(), None);
        if let StoreUrl::Sqlite(path) = &url {
            drop(store);
            let bytes = std::fs::read(path).unwrap();
            assert!(!bytes.windows(9).any(|w| w == b"lm_secret"));
        }
    }
}
