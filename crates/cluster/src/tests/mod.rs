//! Tests that need what no request can do: requests that fail, and clusters that are broken.

mod broken;
mod failures;
#[path = "../../tests/support/mod.rs"]
mod support;
