//! Bodies that are alike, under two names.

pub struct Bid {
    pub price: u64,
    pub text: String,
}

pub struct Ask {
    pub price: u64,
    pub text: String,
}

impl Bid {
    // ringfence: root
    #[inline(never)]
    pub fn cost(&self) -> u64 {
        self.price * 3
    }
}

impl Ask {
    // ringfence: root
    #[inline(never)]
    pub fn cost(&self) -> u64 {
        self.price * 3
    }
}

// ringfence: root
pub fn both(bid: &Bid, ask: &Ask) -> (String, u64) {
    (bid.text.clone(), bid.cost() + ask.cost()) //~ RF101 hot
}

macro_rules! venue {
    ($venue:ident) => {
        pub mod $venue {
            /// Each venue has its own, on one line of the source and with one body.
            // ringfence: root
            #[inline(never)]
            pub fn label(number: u64) -> String {
                number.to_string() //~ RF101 hot root=east::label; RF101 hot root=west::label
            }
        }
    };
}
venue!(east);
venue!(west);
