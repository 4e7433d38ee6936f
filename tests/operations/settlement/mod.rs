mod credit;
mod limits;
mod overspend;
mod reference;
mod reversal;
mod tiers;
