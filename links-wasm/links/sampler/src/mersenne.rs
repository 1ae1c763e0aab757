//! The first number of Python's `random` after a seed, so that a seed decides as in the Conserver.
//! The generator (MT19937) is that of `rand_mt`. Python's way from a seed to a key is here.

use serde_json::Value;
use sha2::{Digest, Sha512};
use vcon_link::Failure;

/// Returns a number in [0, 1) from a seed.
pub fn first_draw(seed: &Value) -> Result<f64, Failure> {
    let words = seed_words(seed)?;
    let mut generator = rand_mt::Mt::new_with_key(words);
    let high = generator.next_u32() >> 5;
    let low = generator.next_u32() >> 6;
    Ok((f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0)
}

/// Returns the seed as one large number, in words of 32 bits, least significant first.
fn seed_words(seed: &Value) -> Result<Vec<u32>, Failure> {
    let bytes = match seed {
        Value::String(text) => [text.as_bytes(), &Sha512::digest(text)].concat(),
        Value::Bool(yes) => vec![u8::from(*yes)],
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => number.to_be_bytes().to_vec(),
            (_, Some(number), _) => number.unsigned_abs().to_be_bytes().to_vec(),
            (_, _, Some(number)) if number.fract() == 0.0 && number.abs() < 1e15 => {
                (number.abs() as u64).to_be_bytes().to_vec()
            }
            _ => return Err(unusable()),
        },
        _ => return Err(unusable()),
    };
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
    let little_endian: Vec<u8> = bytes.into_iter().rev().collect();
    let mut words: Vec<u32> = little_endian.chunks(4).map(word).collect();
    while words.len() > 1 && words.last() == Some(&0) {
        words.pop();
    }
    Ok(words)
}

fn unusable() -> Failure {
    Failure::options("option `seed`: expected a whole number of at most 64 bits, or a text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn draws_are_those_of_python() {
        let table = [
            (json!(42), 0.6394267984578837),
            (json!(1), 0.13436424411240122),
            (json!(0), 0.8444218515250481),
            (json!("abc"), 0.7720246314157545),
        ];
        for (seed, draw) in table {
            assert_eq!(first_draw(&seed).unwrap(), draw, "{seed}");
        }
    }

    #[test]
    fn sign_and_a_zero_fraction_make_no_difference() {
        let draw = |seed| first_draw(&seed).unwrap();
        assert_eq!(draw(json!(-42)), draw(json!(42)));
        assert_eq!(draw(json!(42.0)), draw(json!(42)));
        assert!(first_draw(&json!(1.5)).is_err());
        assert!(first_draw(&json!([1])).is_err());
    }
}
