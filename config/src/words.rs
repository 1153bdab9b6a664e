//! Values of the file that are one of a few words.

use crate::{Engine, Liveness, Presence, Security, Trigger};

/// Reads a type from its words. By hand, for what serde derives says of anything but a string (a table, a number)
/// nothing that a person could use.
macro_rules! words {
    ($type:ident: $($word:literal => $variant:ident),+) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Word;

                impl serde::de::Visitor<'_> for Word {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("one of" $(, " \"", $word, "\"")+))
                    }

                    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<$type, E> {
                        match word {
                            $($word => Ok($type::$variant),)+
                            other => Err(E::unknown_variant(other, &[$($word),+])),
                        }
                    }
                }

                deserializer.deserialize_str(Word)
            }
        }
    };
}

words!(Security: "convenient" => Convenient, "balanced" => Balanced, "strict" => Strict);
words!(Engine: "dlib" => Dlib, "onnx" => Onnx);
words!(Liveness: "off" => Off, "on" => On, "required" => Required);
words!(Trigger: "immediate" => Immediate, "enter" => Enter);
words!(Presence: "seat" => Seat, "local" => Local, "off" => Off);
