//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    notifier::run()
}
