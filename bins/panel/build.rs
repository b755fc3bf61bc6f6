//! Takes the files of the browser panel into the program: those below the directory that `HOLDFAST_UI` names, or none.
//!
//! `cargo xtask package` builds `ui/` and sets it. Every other build needs no Node.js and answers with the plain page.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=HOLDFAST_UI");
    let mut text = String::from("&[\n");
    if let Some(top) = env::var_os("HOLDFAST_UI").filter(|top| !top.is_empty()) {
        let top = PathBuf::from(top).canonicalize()?;
        println!("cargo:rerun-if-changed={}", top.display());
        let mut files = Vec::new();
        collect(&top, &mut files)?;
        files.sort();
        for file in &files {
            write_file(&mut text, &top, file)?;
        }
        if files.iter().all(|file| !file.ends_with("index.html")) {
            return Err(format!("{} holds no index.html: run `npm run build` in ui/", top.display()).into());
        }
    }
    text.push(']');
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join("ui_files.rs"), text)?;
    Ok(())
}

/// Every file that is served: neither what is hidden nor what is a compressed copy of another.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') {
                collect(&path, files)?;
            }
        } else if !matches!(path.extension().and_then(|end| end.to_str()), Some("br" | "gz")) {
            files.push(path);
        }
    }
    Ok(())
}

fn write_file(text: &mut String, top: &Path, file: &Path) -> Result<(), Box<dyn Error>> {
    let path = file.strip_prefix(top)?.to_str().ok_or("a file's name is not UTF-8")?;
    let copy = |end: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        let copy = PathBuf::from(name);
        match copy.to_str().filter(|_| copy.is_file()) {
            Some(copy) => format!("Some(include_bytes!({copy:?}))"),
            None => "None".to_owned(),
        }
    };
    let file = file.to_str().ok_or("a file's name is not UTF-8")?;
    let (brotli, gzip) = (copy(".br"), copy(".gz"));
    writeln!(
        text,
        "    File {{ path: {:?}, plain: include_bytes!({file:?}), brotli: {brotli}, gzip: {gzip} }},",
        format!("/{path}")
    )?;
    Ok(())
}
