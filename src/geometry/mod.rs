//! Geometry in lon/lat degrees and on the British grid: conversions, distances, areas, validity.
