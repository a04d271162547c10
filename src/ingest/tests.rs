//! Tests of the whole layer, on files in a folder that goes away.
