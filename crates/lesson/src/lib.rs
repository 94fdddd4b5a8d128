//! Lessons, recordings, and the timeline that plays them.
//!
//! | module | what |
//! |---|---|
//! | [`timeline`] | frames of a cluster's history, branches, going back and forth |
//! | [`entry`] | something that was done, and what the terminal shows of it |
//! | [`document`] | a lesson, ready to be played |
//! | [`question`] | what the reader is asked, and what was right |
//! | [`source`] | raw files → checked lesson |
//! | [`rehearsal`] | a lesson played without a page |
//! | [`json`] | lessons and recordings out of JSON |
//! | [`pack`] | a lesson as a single file, and prose that is safe to show |
//! | [`recording`] | what is saved and shared: lesson, seed, actions |

mod desk;
pub mod document;
pub mod entry;
pub mod json;
pub mod pack;
pub mod question;
pub mod recording;
pub mod rehearsal;
pub mod source;
pub mod timeline;

pub use document::{Beat, Deed, Heading, Lesson, Until, begin};
pub use entry::Entry;
pub use question::{Challenge, Prediction};
pub use recording::{Action, DiskFault, Recording};
pub use timeline::{Frame, Timeline};
