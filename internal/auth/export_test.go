package auth

// ReceiptWords is for the test of a receipt's entropy.
const ReceiptWords = receiptWords
