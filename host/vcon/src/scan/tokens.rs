//! Scanning of strings, numbers and literals.
//!
//! Guarantee: a string that passes can be decoded, and a number that passes is a finite double.

use super::{Scan, Scanner, Span, SyntaxError};

/// Numbers that are shorter than this and have no exponent are in the range of a double.
const ALWAYS_FINITE_BYTES: usize = 300;

impl Scanner<'_> {
    /// Moves past a string.
    pub(crate) fn string(&mut self) -> Scan<Span> {
        let start = self.at;
        self.at += 1;
        loop {
            self.at = plain_end(self.text.as_bytes(), self.at);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Span { start, end: self.at });
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return self.fail("control character in a string"),
                None => return self.fail("a string that does not end"),
            }
        }
    }

    fn escape(&mut self) -> Scan<()> {
        let kind = self.text.as_bytes().get(self.at + 1);
        match kind {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => self.unicode_escape(),
            _ => self.fail("bad escape in a string"),
        }
    }

    fn unicode_escape(&mut self) -> Scan<()> {
        match self.code_unit(self.at) {
            None => self.fail("bad \\u escape in a string"),
            Some(0xDC00..=0xDFFF) => self.fail("lone surrogate in a string"),
            Some(0xD800..=0xDBFF) => match self.code_unit(self.at + 6) {
                Some(0xDC00..=0xDFFF) => {
                    self.at += 12;
                    Ok(())
                }
                _ => self.fail("lone surrogate in a string"),
            },
            Some(_) => {
                self.at += 6;
                Ok(())
            }
        }
    }

    /// Reads the four hex digits of the `\u` escape at an offset.
    fn code_unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.as_bytes().get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0_u16, |unit, &digit| {
            let digit = u16::try_from(char::from(digit).to_digit(16)?).ok()?;
            Some((unit << 4) | digit)
        })
    }

    pub(super) fn number(&mut self) -> Scan<()> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let exponent = matches!(self.peek(), Some(b'e' | b'E'));
        if exponent {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let span = Span { start, end: self.at };
        if (exponent || span.end - span.start >= ALWAYS_FINITE_BYTES) && !is_finite(span.of(self.text)) {
            return Err(SyntaxError {
                at: start,
                what: "number out of range".into(),
            });
        }
        Ok(())
    }

    fn digits(&mut self) -> Scan<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            self.fail("expected a digit")
        } else {
            Ok(())
        }
    }

    pub(super) fn literal(&mut self, word: &'static str) -> Scan<()> {
        if !self
            .text
            .as_bytes()
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(word.as_bytes()))
        {
            return self.fail("expected a value");
        }
        self.at += word.len();
        Ok(())
    }
}

fn is_finite(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Returns the offset of the first byte that is not plain string content. Short strings are
/// searched by words of 8 bytes. Long bodies are searched by blocks that the compiler turns into
/// vector instructions.
fn plain_end(bytes: &[u8], from: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut at = from;
    let mut words = 0;
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        let quote = word ^ (ONES * 0x22);
        let slash = word ^ (ONES * 0x5C);
        let special = (quote.wrapping_sub(ONES) & !quote)
            | (slash.wrapping_sub(ONES) & !slash)
            | (word.wrapping_sub(ONES * 0x20) & !word);
        let special = special & HIGH;
        if special != 0 {
            return at + (special.trailing_zeros() / 8) as usize;
        }
        at += 8;
        words += 1;
        if words == 8 {
            at = skip_blocks(bytes, at);
        }
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| is_special(byte)).unwrap_or(rest.len())
}

fn skip_blocks(bytes: &[u8], from: usize) -> usize {
    let (blocks, _) = bytes.get(from..).unwrap_or_default().as_chunks::<64>();
    let plain = blocks
        .iter()
        .take_while(|block| !block.iter().fold(false, |any, &byte| any | is_special(byte)));
    from + plain.count() * 64
}
