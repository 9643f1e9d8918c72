//! All periods at once: the same values as period by period, and one set of classes for all.

use std::io::Cursor;
use std::sync::LazyLock;

use axum::http::StatusCode;
use levelmap::http::AppState;
use levelmap::indicator::import::{ImportOptions, import};
use levelmap::indicator::store::{Store, StoreUrl};
use serde_json::Value;

use super::http::ask_of;
use super::shipped::{ATLAS, layer};

/// Councils over three years: the value rises by ten a year, the tenth council has none in 2021.
static STATE: LazyLock<AppState> = LazyLock::new(|| {
    let mut table = String::from("code,period,value,lower,upper\n");
    for (i, area) in layer("lad").areas().iter().enumerate() {
        for (year, more) in [(2020, 0.0), (2021, 10.0), (2022, 20.0)] {
            let value = (i % 50) as f64 + more;
            if (i, year) == (10, 2021) {
                table += &format!("{},{year},c,,\n", area.code);
            } else {
                table += &format!("{},{year},{value},{},{}\n", area.code, value - 1.0, value + 1.0);
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&StoreUrl::Sqlite(folder.path().join("levelmap.db"))).unwrap();
    let options = ImportOptions { title: Some("Rising rate".to_owned()), ..ImportOptions::default() };
    import(Some(&mut store), &ATLAS.gazetteer(), "rising.csv", Cursor::new(table.as_bytes()), &options)
        .unwrap();
    AppState::new(ATLAS.with_published(store.published().unwrap()))
});

async fn body(form: &str) -> Vec<u8> {
    let reply = ask_of(&STATE, &format!("/v1/choropleth/lad/rising-rate{form}"), &[]).await;
    assert_eq!(reply.status, StatusCode::OK, "{form}: {}", String::from_utf8_lossy(&reply.body));
    reply.body
}

async fn json(form: &str) -> Value {
    serde_json::from_slice(&body(form).await).unwrap()
}

#[tokio::test]
async fn every_period_has_the_values_that_it_has_alone() {
    let all = json("/values.json?period=all").await;
    assert_eq!(all["periods"], serde_json::json!(["2020", "2021", "2022"]));
    for (i, period) in ["2020", "2021", "2022"].into_iter().enumerate() {
        let alone = json(&format!("/values.json?period={period}")).await;
        for column in ["values", "lower", "upper", "flags"] {
            assert_eq!(all[column][i], alone[column], "{column} of {period}");
        }
        assert_eq!(all["match"][i], alone["match"]);
    }
    assert_eq!(all["flags"][1][10], "suppressed");
    assert_eq!(all["classes"][1][10], Value::Null);
}

#[tokio::test]
async fn one_set_of_classes_holds_for_all_periods() {
    let all = json(".geojson?period=all&method=equal&classes=7&zoom=5").await;
    let features = all["features"].as_array().unwrap();
    assert_eq!(features.len(), 361);
    // From 0 to 69 in seven classes: each ten wide, but for the ends.
    let uppers: Vec<f64> =
        all["legend"]["classes"].as_array().unwrap().iter().map(|c| c["upper"].as_f64().unwrap()).collect();
    assert_eq!(uppers.len(), 7);
    let counted: u64 =
        all["legend"]["classes"].as_array().unwrap().iter().map(|c| c["count"].as_u64().unwrap()).sum();
    assert_eq!(counted, 3 * 361 - 1, "every value of every period is in a class");
    for feature in features {
        let properties = &feature["properties"];
        for period in 0..3 {
            let Some(value) = properties["value"][period].as_f64() else {
                assert_eq!(properties["flag"][period], "suppressed");
                continue;
            };
            let class = uppers.iter().position(|&upper| value <= upper).unwrap();
            assert_eq!(properties["class"][period], class, "{value}");
            assert_eq!(properties["fill"][period], all["legend"]["classes"][class]["fill"]);
        }
    }
}

#[tokio::test]
async fn a_table_has_a_row_for_each_area_and_period_and_a_topology_the_same_lists() {
    let table = String::from_utf8(body(".csv?period=all").await).unwrap();
    assert_eq!(
        table.lines().next().unwrap(),
        "code,name,period,value,lower,upper,count,denominator,flag,class,fill"
    );
    assert_eq!(table.lines().count(), 1 + 3 * 361);
    let topology = json(".topojson?period=all&zoom=5&fields=code,value").await;
    let of = &topology["objects"]["lad"]["geometries"][0]["properties"];
    let features = json(".geojson?period=all&zoom=5&fields=code,value").await;
    assert_eq!(of, &features["features"][0]["properties"]);
    assert_eq!(of["value"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_shows_one_period_says_so() {
    for form in [".png", ".svg", "/legend.svg"] {
        let reply = ask_of(&STATE, &format!("/v1/choropleth/lad/rising-rate{form}?period=all"), &[]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{form}");
        assert_eq!(reply.json()["errors"][0]["parameter"], "period");
    }
    for form in ["/values.json?period=all&form=compact", ".csv?period=all&indicator2=residents"] {
        let reply = ask_of(&STATE, &format!("/v1/choropleth/lad/rising-rate{form}"), &[]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{form}");
    }
}

/// A map of one period by the classes of all (`over=periods`) has the classes of the answer that holds all periods.
#[tokio::test]
async fn classes_over_periods_are_those_of_all_periods_at_once() {
    for how in ["", "&method=equal&classes=7", "&method=jenks&classes=4"] {
        let all = json(&format!("/values.json?period=all{how}")).await;
        let bounds = |map: &Value| -> Vec<Value> {
            let classes = map["legend"]["classes"].as_array().unwrap().iter();
            classes.map(|c| serde_json::json!([c["lower"], c["upper"], c["fill"], c["label"]])).collect()
        };
        for (i, period) in ["2020", "2021", "2022"].into_iter().enumerate() {
            let one = json(&format!("/values.json?period={period}&over=periods{how}")).await;
            assert_eq!(one["classes"], all["classes"][i], "{period}{how}");
            assert_eq!(bounds(&one), bounds(&all), "{period}{how}");
            let classes = one["classes"].as_array().unwrap();
            for (class, entry) in one["legend"]["classes"].as_array().unwrap().iter().enumerate() {
                let counted = classes.iter().filter(|c| c.as_u64() == Some(class as u64)).count();
                assert_eq!(entry["count"], counted, "{period}{how}");
            }
            assert_eq!(one["legend"]["method"], all["legend"]["method"]);
        }
    }
}
