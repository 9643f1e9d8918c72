//! Coverages: blocks and the arcs they share.
