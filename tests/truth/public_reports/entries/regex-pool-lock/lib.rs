use regex::Regex;

// ringfence: root
pub fn is_quote(pattern: &Regex, line: &str) -> bool {
    pattern.is_match(line)
}
