use super::*;
use proptest::prelude::*;

/// Population per square mile of Californian counties' employment areas: 58 skewed values whose classes under
/// every method are published with the data set (`calempdensity` of `PySAL` mapclassify).
const CALEMP: [f64; 58] = [
    329.92, 0.42, 5.9, 14.03, 2.78, 1.34, 181.27, 1.65, 10.03, 16.7, 1.32, 3.99, 3.16, 0.22, 8.7, 6.56, 3.27,
    0.33, 370.5, 4.51, 75.29, 0.99, 2.74, 8.68, 0.14, 0.92, 12.63, 28.7, 12.02, 722.85, 36.68, 0.74, 29.82,
    192.05, 3.38, 11.15, 110.74, 4111.45, 49.47, 10.33, 317.11, 20.47, 264.93, 66.26, 5.39, 0.13, 0.61,
    50.65, 40.48, 36.67, 13.09, 1.81, 0.2, 7.6, 2.51, 57.26, 24.32, 6.97,
];

const TIES: [f64; 10] = [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 9.0, 9.0, 10.0];
const ZEROS: [f64; 10] = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0];

fn options(method: Method, classes: usize) -> ClassifyOptions {
    ClassifyOptions { method, classes, breaks: Vec::new() }
}

fn made(values: &[f64], method: Method, classes: usize) -> Classification {
    classify(values, &options(method, classes)).expect("these values make classes")
}

#[track_caller]
fn assert_near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= 5e-4 * e.abs().max(1e-3), "{found:?} is not {expected:?}");
    }
}

#[test]
fn published_classes_come_out() {
    let equal = made(&CALEMP, Method::Equal, 5);
    assert_near(&equal.uppers, &[822.394, 1644.658, 2466.922, 3289.186, 4111.45]);
    assert_eq!(equal.counts, [57, 0, 0, 0, 1]);

    let quantile = made(&CALEMP, Method::Quantile, 5);
    assert_near(&quantile.uppers, &[1.464, 5.798, 13.278, 54.616, 4111.45]);
    assert_eq!(quantile.counts, [12, 11, 12, 11, 12]);
    assert!((quantile.gadf - 0.217_102).abs() < 1e-6, "{}", quantile.gadf);

    let jenks = made(&CALEMP, Method::Jenks, 5);
    assert_eq!(jenks.uppers, [75.29, 192.05, 370.5, 722.85, 4111.45]);
    assert_eq!(jenks.counts, [49, 3, 4, 1, 1]);
    assert!((jenks.gadf - 0.887_903).abs() < 1e-6, "{}", jenks.gadf);

    let heads = made(&CALEMP, Method::HeadTail, 5);
    assert_near(&heads.uppers, &[125.928, 811.26, 4111.45]);
    assert_eq!(heads.counts, [50, 7, 1]);

    let std = made(&CALEMP, Method::Std, 5);
    assert_near(&std.uppers, &[-967.362, -420.717, 672.573, 1219.219, 4111.45]);
    assert_eq!(std.counts, [0, 0, 56, 1, 1]);
    assert_eq!(std.lowest, None, "the first class lies below every value");

    let pretty = made(&CALEMP, Method::Pretty, 5);
    assert_eq!(pretty.uppers, [1000.0, 2000.0, 3000.0, 4000.0, 5000.0]);
    assert_eq!((pretty.lowest, &pretty.counts[..]), (Some(0.0), &[57, 0, 0, 0, 1][..]));
}

#[test]
fn ties_collapse_classes_and_it_shows() {
    let ties = made(&TIES, Method::Quantile, 4);
    assert_eq!((&ties.uppers[..], &ties.counts[..]), (&[1.0, 2.0, 7.5, 10.0][..], &[4, 2, 1, 3][..]));
    let zeros = made(&ZEROS, Method::Quantile, 4);
    assert_eq!((&zeros.uppers[..], &zeros.counts[..]), (&[0.0, 0.5, 2.75, 5.0][..], &[5, 0, 2, 3][..]));

    let mostly_zero = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0];
    let few = made(&mostly_zero, Method::Quantile, 5);
    assert_eq!((few.classes_asked, few.classes_made()), (5, 2));
    assert_eq!(few.counts, [9, 1]);

    assert_eq!(made(&TIES, Method::Equal, 4).uppers, [3.25, 5.5, 7.75, 10.0]);
    assert_eq!(made(&ZEROS, Method::Equal, 4).counts, [6, 1, 1, 2]);
}

#[test]
fn an_upper_bound_belongs_to_its_class_and_a_lower_one_does_not() {
    let classes = made(&TIES, Method::Quantile, 4);
    assert_eq!(classes.class_of(1.0), Some(0), "the first class is closed at the least value");
    assert_eq!(classes.class_of(2.0), Some(1));
    assert_eq!(classes.class_of(2.000_1), Some(2));
    assert_eq!(classes.class_of(10.0), Some(3));
    assert_eq!(classes.class_of(10.1), None);
    assert_eq!(classes.class_of(0.9), None);
    assert_eq!(classes.class_of(f64::NAN), None);
    assert_eq!(classes.bounds(1), Some((Some(1.0), 2.0)));
    assert_eq!(classes.bounds(4), None);
}

#[test]
fn manual_breaks_take_in_what_lies_above_and_say_so() {
    let manual = |breaks: &[f64]| {
        let breaks = breaks.to_vec();
        classify(&TIES, &ClassifyOptions { method: Method::Manual, classes: 5, breaks })
    };
    let above = manual(&[2.0, 3.0]).expect("breaks are good");
    assert_eq!((&above.uppers[..], above.above_last_break), (&[2.0, 3.0, 10.0][..], 3));
    let covering = manual(&[5.0, 20.0]).expect("breaks are good");
    assert_eq!((&covering.uppers[..], covering.above_last_break), (&[5.0, 20.0][..], 0));
    let below = manual(&[0.5, 5.0, 10.0]).expect("breaks are good");
    assert_eq!((below.lowest, &below.counts[..]), (None, &[0, 7, 3][..]));
    for wrong in [&[][..], &[3.0, 2.0], &[2.0, 2.0], &[f64::NAN], &[1.0, f64::INFINITY]] {
        assert!(matches!(manual(wrong), Err(ClassifyError::Breaks { .. })), "{wrong:?}");
    }
}

#[test]
fn what_cannot_be_classed_says_why() {
    let try_to = |values: &[f64], method, classes| classify(values, &options(method, classes));
    assert_eq!(try_to(&[], Method::Quantile, 5), Err(ClassifyError::NoValues));
    assert!(matches!(
        try_to(&[1.0, f64::NAN], Method::Quantile, 5),
        Err(ClassifyError::NotFinite { index: 1, .. })
    ));
    assert_eq!(try_to(&TIES, Method::Quantile, 0), Err(ClassifyError::Classes { asked: 0 }));
    assert_eq!(try_to(&TIES, Method::Quantile, 21), Err(ClassifyError::Classes { asked: 21 }));
    assert_eq!(
        try_to(&TIES, Method::Jenks, 7),
        Err(ClassifyError::TooFewDifferent { different: 5, asked: 7 })
    );
    for method in [Method::Equal, Method::Std, Method::Pretty] {
        let error = try_to(&[0.1, 0.1, 0.1], method, 5);
        assert_eq!(error, Err(ClassifyError::AllEqual { value: 0.1, method }));
    }
    assert_eq!(try_to(&TIES, Method::Benchmark, 5), Err(ClassifyError::NeedsBenchmark));
    let stray = ClassifyOptions { breaks: vec![1.0], ..options(Method::Equal, 5) };
    assert_eq!(classify(&TIES, &stray), Err(ClassifyError::BreaksNotManual(Method::Equal)));
    let error = "natural".parse::<Method>().expect_err("that is no method");
    assert_eq!(
        error.to_string(),
        "`natural` is not a way to make classes: choose quantile, equal, jenks, std, headtail, pretty, manual, benchmark"
    );
}

#[test]
fn one_value_makes_one_class() {
    for method in [Method::Quantile, Method::HeadTail] {
        let classes = made(&[0.1, 0.1, 0.1], method, 5);
        assert_eq!((&classes.uppers[..], &classes.counts[..]), (&[0.1][..], &[3][..]));
        assert_eq!((classes.lowest, classes.gadf), (Some(0.1), 1.0));
    }
}

#[test]
fn round_steps_are_round() {
    assert_eq!(made(&[0.05, 0.97], Method::Pretty, 5).uppers, [0.2, 0.4, 0.6, 0.8, 1.0]);
    assert_eq!(made(&[-3.2, 7.1], Method::Pretty, 5).uppers, [0.0, 5.0, 10.0]);
    assert_eq!(made(&[-3.2, 7.1], Method::Pretty, 5).lowest, Some(-5.0));
    assert_eq!(made(&[2e-7, 9e-7], Method::Pretty, 4).counts.iter().sum::<usize>(), 2);
}

#[test]
fn small_areas_of_a_whole_country_take_well_under_a_second() {
    let values: Vec<f64> =
        (0..34_753u32).map(|i| f64::from(i.wrapping_mul(2_654_435_761) >> 8) / 1000.0).collect();
    let started = std::time::Instant::now();
    let classes = made(&values, Method::Jenks, 9);
    assert_eq!(classes.counts.iter().sum::<usize>(), values.len());
    // Quadratic time would take minutes; this leaves room for a busy machine.
    assert!(started.elapsed().as_secs_f64() < 1.0, "{:?}", started.elapsed());
}

proptest! {
    /// Each class holds exactly the values in its interval, found by asking every interval, and no value is
    /// left over.
    #[test]
    fn every_value_is_in_exactly_one_class(
        values in prop::collection::vec(
            prop_oneof![-1e6..1e6f64, (-5i32..5).prop_map(f64::from), -1e-6..1e-6f64],
            1..60,
        ),
        method in prop::sample::select(Method::ALL[..6].to_vec()),
        asked in 1usize..=20,
    ) {
        let Ok(classes) = classify(&values, &options(method, asked)) else { return Ok(()) };
        prop_assert!(classes.uppers.windows(2).all(|w| w[0] < w[1]), "{:?}", classes.uppers);
        let mut counts = vec![0; classes.classes_made()];
        for &value in &values {
            let holders: Vec<usize> = (0..classes.classes_made())
                .filter(|&class| {
                    let (lower, upper) = classes.bounds(class).expect("the class was made");
                    let above = lower.is_none_or(|l| value > l || (class == 0 && value == l));
                    above && value <= upper
                })
                .collect();
            prop_assert_eq!(holders.len(), 1, "{} in {:?}", value, classes);
            prop_assert_eq!(classes.class_of(value), Some(holders[0]));
            counts[holders[0]] += 1;
        }
        prop_assert_eq!(counts, classes.counts);
    }
}
