package auth

// ReceiptList and ReceiptWords are for the test of a receipt's entropy.
var ReceiptList = receiptList

const ReceiptWords = receiptWords
