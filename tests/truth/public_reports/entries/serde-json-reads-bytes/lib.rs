use std::fs::File;

// ringfence: root
pub fn load(file: &File) -> u64 {
    let levels: Vec<u64> = serde_json::from_reader(file).unwrap_or_default();
    levels.iter().sum()
}
