module epiphyte.invalid/peer

go 1.19
