//! Which extensions php-fpm of a version loads: the distribution puts a file for each into one directory.

use hostd::{Host, HostError};
use php_spec::{Extensions, ListExtensions};

/// Names by the directory that php-fpm reads when it starts; what is no such name is not told.
pub fn list(host: &Host, ask: &ListExtensions) -> Result<Extensions, HostError> {
    if !host.has_php(ask.version)? {
        return Ok(Extensions::default());
    }
    let directory = format!("{}/conf.d", host.profile().php.config_path(ask.version));
    let listed = host.files().list(&directory)?;
    let mut extensions: Vec<String> =
        listed.iter().filter_map(|(file, _)| extension(file)).map(str::to_owned).collect();
    extensions.sort_unstable();
    extensions.dedup();
    Ok(Extensions { installed: true, extensions })
}

/// `mysqli` of `20-mysqli.ini`.
fn extension(file: &str) -> Option<&str> {
    let (order, name) = file.strip_suffix(".ini")?.split_once('-')?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let fits = !name.is_empty() && name.len() <= 64 && name.bytes().all(plain);
    (order.bytes().all(|b| b.is_ascii_digit()) && fits).then_some(name)
}

#[cfg(test)]
mod tests;
