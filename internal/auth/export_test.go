package auth

import "fairlead/internal/auth/receipt"

// ReceiptWords is for the test of a receipt's entropy.
const ReceiptWords = receipt.Words
