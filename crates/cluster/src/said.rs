//! How an enum is put into words by somebody else, in any language: each variant has a number, and
//! arguments that go by the names of its fields.

use std::rc::Rc;

use crate::obstacle::Mismatch;
use crate::step::{PodTrouble, Preference, Subject, Verb};
use crate::time::Time;

/// An argument, as whoever puts it into words gets it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Said<'a> {
    /// There is none.
    Nothing,
    /// A name or message, which is the same in every language.
    Text(&'a str),
    /// How many, or how many seconds.
    Number(i64),
    /// Whether it is so.
    Flag(bool),
    /// A moment, or how long something took.
    Time(Time),
    /// An object.
    Subject(&'a Subject),
    /// What was done, the number of a [`Verb`].
    Verb(usize),
    /// The number of a [`PodTrouble`].
    PodTrouble(usize),
    /// The number of a [`Preference`].
    Preference(usize),
    /// The number of a [`Mismatch`].
    Mismatch(usize),
}

/// A type that arguments have.
pub trait Argument {
    /// The value, to be put into words.
    fn said(&self) -> Said<'_>;

    /// The `index`-th of a few values that differ in their words, for tests of the words. `field` is
    /// the name of the argument.
    fn sample(field: &str, index: usize) -> Self
    where
        Self: Sized;
}

/// Defines an enum of which each variant can be put into words. Fields of tuples have names here, as
/// their arguments need one.
#[macro_export]
macro_rules! said {
    (
        $(#[$about:meta])*
        $access:vis enum $Enum:ident {
            $(
                $(#[$doc:meta])*
                $Variant:ident
                $({ $($(#[$note:meta])* $field:ident: $Type:ty),* $(,)? })?
                $(($only:ident: $Only:ty))?
            ),* $(,)?
        }
    ) => {
        $(#[$about])*
        $access enum $Enum {
            $( $(#[$doc])* $Variant $({ $($(#[$note])* $field: $Type),* })? $(($Only))? ),*
        }

        impl $Enum {
            /// The name of each variant, in order, with the names of its arguments.
            pub const SAID: &'static [(&'static str, &'static [&'static str])] = &[
                $( (stringify!($Variant), &[ $($(stringify!($field)),*)? $(stringify!($only))? ]) ),*
            ];

            /// The number of this variant: its place in [`Self::SAID`].
            pub fn number(&self) -> usize {
                enum Number { $($Variant),* }
                match self {
                    $( $Enum::$Variant { .. } => Number::$Variant as usize ),*
                }
            }

            /// Shows each of this value's arguments, in order.
            #[allow(unused_variables, reason = "no variant may have any")]
            pub fn arguments<'a>(&'a self, show: &mut dyn FnMut(&'a dyn $crate::said::Argument)) {
                match self {
                    $( $Enum::$Variant $({ $($field),* })? $(($only))? => {
                        $( $(show($field);)* )?
                        $( show($only); )?
                    } ),*
                }
            }

            /// The arguments, in order.
            pub fn said(&self) -> Vec<$crate::said::Said<'_>> {
                let mut said = Vec::new();
                self.arguments(&mut |argument| said.push(argument.said()));
                said
            }

            /// Values of every variant, whose arguments take every turn that words may depend on.
            #[allow(unused_imports, unused_variables, reason = "no variant may have any")]
            pub fn samples() -> Vec<$Enum> {
                use $crate::said::Argument;
                let mut samples = Vec::new();
                for index in 0..$crate::said::SAMPLES {
                    $( samples.push($Enum::$Variant
                        $({ $($field: Argument::sample(stringify!($field), index)),* })?
                        $((<$Only>::sample(stringify!($only), index)))?
                    ); )*
                }
                samples
            }
        }
    };
}

/// How many [`Argument::sample`]s there are.
pub const SAMPLES: usize = 9;

impl Argument for Rc<str> {
    fn said(&self) -> Said<'_> {
        Said::Text(self)
    }

    fn sample(field: &str, _: usize) -> Rc<str> {
        ["some-", field].concat().into()
    }
}

impl Argument for String {
    fn said(&self) -> Said<'_> {
        Said::Text(self)
    }

    fn sample(field: &str, _: usize) -> String {
        ["some-", field].concat()
    }
}

impl Argument for &str {
    fn said(&self) -> Said<'_> {
        Said::Text(self)
    }

    fn sample(_: &str, _: usize) -> Self {
        "something"
    }
}

impl Argument for i32 {
    fn said(&self) -> Said<'_> {
        Said::Number(i64::from(*self))
    }

    fn sample(_: &str, index: usize) -> i32 {
        index as i32
    }
}

impl Argument for u64 {
    fn said(&self) -> Said<'_> {
        Said::Number(*self as i64)
    }

    fn sample(_: &str, index: usize) -> u64 {
        index as u64
    }
}

impl Argument for usize {
    fn said(&self) -> Said<'_> {
        Said::Number(*self as i64)
    }

    fn sample(_: &str, index: usize) -> usize {
        index
    }
}

impl Argument for bool {
    fn said(&self) -> Said<'_> {
        Said::Flag(*self)
    }

    fn sample(_: &str, index: usize) -> bool {
        index.is_multiple_of(2)
    }
}

impl Argument for Time {
    fn said(&self) -> Said<'_> {
        Said::Time(*self)
    }

    fn sample(_: &str, index: usize) -> Time {
        Time(index as u64 * 12_345)
    }
}

impl<T: Argument> Argument for Option<T> {
    fn said(&self) -> Said<'_> {
        self.as_ref().map_or(Said::Nothing, T::said)
    }

    fn sample(field: &str, index: usize) -> Option<T> {
        index.is_multiple_of(2).then(|| T::sample(field, index))
    }
}

impl Argument for Subject {
    fn said(&self) -> Said<'_> {
        Said::Subject(self)
    }

    fn sample(field: &str, index: usize) -> Subject {
        Subject {
            kind: crate::object::Kind::Pod,
            name: Argument::sample(field, index),
        }
    }
}

macro_rules! numbered {
    ($($Enum:ident),*) => {$(
        impl Argument for $Enum {
            fn said(&self) -> Said<'_> {
                Said::$Enum(self.number())
            }

            fn sample(_: &str, index: usize) -> $Enum {
                let all = $Enum::samples();
                all[index % $Enum::SAID.len()]
            }
        }
    )*};
}

numbered!(Verb, PodTrouble, Preference, Mismatch);
