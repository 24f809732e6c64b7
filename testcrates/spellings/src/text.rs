//! Strings, and what is made of them.

use std::borrow::Cow;
use std::ffi::{CString, OsString};
use std::fmt::{self, Display, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

// ringfence: root
pub fn upper(text: &str) -> String {
    text.to_uppercase()
}

// ringfence: root
pub fn ascii_lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

// ringfence: root
pub fn replaced(text: &str) -> String {
    text.replace('a', "bb")
}

// ringfence: root
pub fn repeated(text: &str) -> String {
    text.repeat(3)
}

// ringfence: root
pub fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

// ringfence: root
pub fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

// ringfence: root
pub fn joined(words: &[&str]) -> String {
    words.join(", ")
}

// ringfence: root
pub fn number(value: f64) -> String {
    value.to_string()
}

// ringfence: root
pub fn decimal(value: u64) -> String {
    value.to_string()
}

// ringfence: root
pub fn flag(value: bool) -> String {
    value.to_string()
}

// ringfence: root
pub fn debugged(value: &[Option<u64>]) -> String {
    format!("{value:?}")
}

// ringfence: root
pub fn padded(value: u64) -> String {
    format!("{value:>12}")
}

// ringfence: root
pub fn literal(_: ()) -> String {
    format!("nothing to fill in")
}

pub struct Price(pub u64);

impl Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:02}", self.0 / 100, self.0 % 100))
    }
}

// ringfence: root
pub fn displayed(price: Price) -> String {
    price.to_string()
}

// ringfence: root
pub fn appended(text: &mut String) {
    text.push('x');
    text.insert(0, 'y');
    *text += "zz";
}

// ringfence: root
pub fn written(text: &mut String) -> fmt::Result {
    write!(text, "{}-{}", 1, "two")
}

// ringfence: root
pub fn extended(text: &mut String) {
    text.extend(["one", "two", "three"]);
}

// ringfence: root
pub fn drained(text: &mut String) -> String {
    text.drain(..text.len() / 2).collect()
}

// ringfence: root
pub fn split_off(text: &mut String) -> String {
    text.split_off(text.len() / 2)
}

// ringfence: root
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

// ringfence: root
pub fn owned(text: Cow<'static, str>) -> String {
    text.into_owned()
}

// ringfence: root
pub fn checked(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

// ringfence: root
pub fn boxed(text: String) -> Box<str> {
    text.into_boxed_str()
}

// ringfence: root
pub fn shared(text: &str) -> Arc<str> {
    Arc::from(text)
}

// ringfence: root
pub fn counted(text: String) -> Rc<str> {
    text.into()
}

// ringfence: root
pub fn for_c(text: &str) -> Option<CString> {
    CString::new(text).ok()
}

// ringfence: root
pub fn for_the_system(text: &str) -> OsString {
    OsString::from(text)
}

// ringfence: root
pub fn path(folder: &Path) -> PathBuf {
    folder.join("file.txt")
}

// ringfence: root
pub fn renamed(path: &Path) -> PathBuf {
    path.with_extension("bak")
}

// ringfence: root
pub fn parts(path: &Path) -> usize {
    path.components().count()
}

// ringfence: root
pub fn parsed(text: &str) -> Result<u64, String> {
    text.parse::<u64>().map_err(|error| error.to_string())
}

// ringfence: root
pub fn kept(text: String) -> usize {
    let upper = text.to_uppercase();
    upper.len() + text.len()
}

// ringfence: root
pub fn sorted(words: &mut [String]) {
    words.sort();
}

// ringfence: root
pub fn assigned(text: &mut String) {
    *text = "a new one".to_owned();
}

// ringfence: root
pub fn cloned_into(text: &mut String) {
    text.clone_from(&String::from("another one that is longer"));
}

// ringfence: root
pub fn trimmed(text: &str) -> usize {
    text.trim().split(',').filter(|part| part.starts_with('a')).map(str::len).sum()
}

// ringfence: root
#[inline(never)]
pub fn into_bytes(text: String) -> Vec<u8> {
    text.into_bytes()
}

// ringfence: root
#[inline(never)]
pub fn leaked(text: String) -> &'static str {
    text.leak()
}
