//! nginx's configuration as words, blocks and ends of directives.

/// One piece of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, without its quotes.
    Word(String),
    /// `{`
    Open,
    /// `}`
    Close,
    /// `;`
    End,
}

/// The pieces with the line, counted from 1, on which each begins. Never fails: an unclosed quote ends with the text.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = (Token, usize)> {
    Tokens { chars: text.chars().peekable(), line: 1 }
}

struct Tokens<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

impl Tokens<'_> {
    fn bump(&mut self) -> Option<char> {
        let c = self.chars.next();
        if c == Some('\n') {
            self.line += 1;
        }
        c
    }

    fn quoted(&mut self, quote: char) -> String {
        let mut word = String::new();
        while let Some(c) = self.bump() {
            match c {
                c if c == quote => break,
                '\\' => word.extend(self.bump()),
                c => word.push(c),
            }
        }
        word
    }

    fn bare(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(&c) = self.chars.peek() {
            match c {
                // ${name} is part of the word
                '{' if word.ends_with('$') => {
                    while let Some(c) = self.bump() {
                        word.push(c);
                        if c == '}' {
                            break;
                        }
                    }
                }
                c if c.is_whitespace() || matches!(c, ';' | '{') => break,
                '\\' => {
                    self.bump();
                    word.extend(self.bump());
                }
                _ => word.extend(self.bump()),
            }
        }
        word
    }
}

impl Iterator for Tokens<'_> {
    type Item = (Token, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.line;
            let token = match self.bump()? {
                c if c.is_whitespace() => continue,
                '#' => {
                    while self.chars.peek().is_some_and(|c| *c != '\n') {
                        self.bump();
                    }
                    continue;
                }
                ';' => Token::End,
                '{' => Token::Open,
                '}' => Token::Close,
                quote @ ('"' | '\'') => Token::Word(self.quoted(quote)),
                '\\' => {
                    let first = self.bump()?;
                    Token::Word(self.bare(first))
                }
                first => Token::Word(self.bare(first)),
            };
            return Some((token, line));
        }
    }
}
