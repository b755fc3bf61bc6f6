//! The page that a new site shows until its owner puts another in its place.

use names::DomainName;

/// File name and content. The name is of a type that holds nothing that HTML or PHP would take as its own.
pub(crate) fn page(site: &DomainName, php: bool) -> (&'static str, String) {
    let (name, line) = if php {
        (
            "index.php",
            "<p class=\"sub\">PHP <?= PHP_VERSION ?> runs as <code><?= htmlspecialchars(function_exists('posix_geteuid') ? posix_getpwuid(posix_geteuid())['name'] : get_current_user()) ?></code>.</p>",
        )
    } else {
        ("index.html", "")
    };
    let page = format!(
        "<!doctype html>\n\
         <html lang=\"en\">\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <title>{site}</title>\n\
         <style>\n\
         :root {{ color-scheme: light dark; }}\n\
         body {{ font: 1.1rem/1.6 system-ui, sans-serif; min-height: 90vh; display: grid; place-content: center; text-align: center; }}\n\
         h1 {{ font-size: 2rem; margin: 0; overflow-wrap: anywhere; }}\n\
         p {{ margin: .5rem 0; opacity: .8; }}\n\
         .sub {{ font-size: .9rem; }}\n\
         </style>\n\
         <h1>{site}</h1>\n\
         <p>This site is ready. Its owner has not put anything here yet.</p>\n\
         {line}\n"
    );
    (name, page)
}
