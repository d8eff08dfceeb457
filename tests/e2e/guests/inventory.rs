// inventory.rs - a Rust program that leans on its standard library: collections, text, errors,
// files, arguments, environment, time.
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Instant, SystemTime};

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Operator(char),
    Open,
    Close,
}

#[derive(Debug)]
enum Failure {
    Unexpected(char, usize),
    Unfinished,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Failure::Unexpected(c, at) => write!(f, "unexpected {:?} at {}", c, at),
            Failure::Unfinished => write!(f, "unfinished expression"),
        }
    }
}

fn tokens(text: &str) -> Result<VecDeque<Token>, Failure> {
    let mut result = VecDeque::new();
    let mut chars = text.char_indices().peekable();
    while let Some(&(at, c)) = chars.peek() {
        match c {
            ' ' => {
                chars.next();
            }
            '0'..='9' | '.' => {
                let mut number = String::new();
                while let Some(&(_, d)) = chars.peek() {
                    if !d.is_ascii_digit() && d != '.' {
                        break;
                    }
                    number.push(d);
                    chars.next();
                }
                result.push_back(Token::Number(number.parse().unwrap()));
            }
            '+' | '-' | '*' | '/' | '(' | ')' => {
                result.push_back(match c {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Operator(c),
                });
                chars.next();
            }
            _ => return Err(Failure::Unexpected(c, at)),
        }
    }
    Ok(result)
}

fn value(left: &mut VecDeque<Token>) -> Result<f64, Failure> {
    match left.pop_front() {
        Some(Token::Number(n)) => Ok(n),
        Some(Token::Operator('-')) => Ok(-value(left)?),
        Some(Token::Open) => {
            let result = sum(left)?;
            match left.pop_front() {
                Some(Token::Close) => Ok(result),
                _ => Err(Failure::Unfinished),
            }
        }
        _ => Err(Failure::Unfinished),
    }
}

fn product(left: &mut VecDeque<Token>) -> Result<f64, Failure> {
    let mut result = value(left)?;
    loop {
        match left.front() {
            Some(Token::Operator('*')) => {
                left.pop_front();
                result *= value(left)?;
            }
            Some(Token::Operator('/')) => {
                left.pop_front();
                result /= value(left)?;
            }
            _ => return Ok(result),
        }
    }
}

fn sum(left: &mut VecDeque<Token>) -> Result<f64, Failure> {
    let mut result = product(left)?;
    while let Some(Token::Operator(c)) = left.front().cloned() {
        if c != '+' && c != '-' {
            break;
        }
        left.pop_front();
        let term = product(left)?;
        result += if c == '+' { term } else { -term };
    }
    Ok(result)
}

fn calculate() {
    for text in ["1 + 2 * 3", "-(4.5 - 2) / 0.5", "1 / 0", "2 * (3", "7 & 8"].iter() {
        match tokens(text).and_then(|mut t| sum(&mut t)) {
            Ok(n) => println!("{} = {}", text, n),
            Err(e) => println!("{}: {}", text, e),
        }
    }
}

fn collect() {
    let text = "pear apple fig apple pear apple";
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
    let sorted: BTreeMap<_, _> = counts.iter().collect();
    println!("{:?}", sorted);
    let unique: HashSet<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
    println!("{} letters, {}", unique.len(), "straße Ünïcode".to_uppercase());
    let mut numbers: Vec<u64> = (0..1000u64).map(|n| (n * 7919 + 13) % 1009).collect();
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    println!("{:?} {}", &numbers[..5], numbers.iter().map(|n| n * n).sum::<u64>());
    println!("{:>8.3}|{:<6}|{:+}|{:#x}|{:e}", std::f64::consts::E, "ab", 7, 255, 1234.5);
    println!("{:?} {:?}", "x".parse::<i32>().is_err(), 250u8.checked_add(10));
    println!("{}", u128::MAX);
}

fn files(folder: &Path) -> io::Result<()> {
    let inner = folder.join("inventory");
    fs::create_dir_all(inner.join("deep/er"))?;
    let path = inner.join("items.txt");
    let mut file = File::create(&path)?;
    for i in 1..=100 {
        writeln!(file, "item {}", i)?;
    }
    drop(file);
    OpenOptions::new().append(true).open(&path)?.write_all(b"the last\n")?;
    let lines: Vec<String> = BufReader::new(File::open(&path)?).lines().collect::<Result<_, _>>()?;
    println!("{} lines, last {:?}", lines.len(), lines.last().unwrap());
    let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
    file.seek(SeekFrom::Start(5))?;
    file.write_all(b"X")?;
    file.seek(SeekFrom::End(-5))?;
    let mut tail = String::new();
    file.read_to_string(&mut tail)?;
    println!("{:?} {}", tail, file.metadata()?.len());
    file.set_len(12)?;
    println!("{:?}", fs::read_to_string(&path)?);
    fs::rename(&path, inner.join("deep/renamed.txt"))?;
    let mut names: Vec<String> = fs::read_dir(inner.join("deep"))?
        .map(|e| e.map(|e| e.file_name().into_string().unwrap()))
        .collect::<Result<_, _>>()?;
    names.sort();
    println!("{:?} {}", names, inner.join("deep/er").is_dir());
    println!("{:?}", File::open(&path).map(|_| ()).map_err(|e| e.kind()));
    println!("{:?}", fs::read_to_string(folder.join("../outside")).is_err());
    fs::remove_dir_all(&inner)?;
    println!("{}", inner.exists());
    Ok(())
}

fn main() {
    let start = Instant::now();
    let args: Vec<String> = std::env::args().skip(1).collect();
    println!("{:?} {:?}", args, std::env::var("INVENTORY"));
    calculate();
    collect();
    if let Some(folder) = args.get(0) {
        if let Err(e) = files(Path::new(folder)) {
            println!("files: {}", e);
        }
    }
    let year = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    println!("{} {}", year > 1_700_000_000, start.elapsed().as_secs() < 60);
    eprintln!("to stderr");
    std::process::exit(args.len() as i32 + 40);
}
